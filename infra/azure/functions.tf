# Two apps, a plan for each: Flex Consumption allows one app per plan, and an app has one identity and one size.

resource "azurerm_service_plan" "this" {
  for_each = local.apps

  name                = "${local.name}-${each.key}"
  resource_group_name = local.group
  location            = var.region
  os_type             = "Linux"
  sku_name            = "FC1"
  tags                = local.tags
}

resource "azurerm_function_app_flex_consumption" "this" {
  for_each = local.apps

  name                = each.value.name
  resource_group_name = local.group
  location            = var.region
  service_plan_id     = azurerm_service_plan.this[each.key].id
  tags                = local.tags

  runtime_name           = "python"
  runtime_version        = "3.13"
  instance_memory_in_mb  = each.value.memory
  maximum_instance_count = max(40, var.max_instances)   # the least that Flex Consumption takes
  http_concurrency       = each.key == "api" ? 3 : null # of which two may log in: there is no gateway to limit that

  storage_container_type      = "blobContainer"
  storage_container_endpoint  = "${azurerm_storage_account.this["packages"].primary_blob_endpoint}${azurerm_storage_container.packages[each.key].name}"
  storage_authentication_type = "SystemAssignedIdentity"

  https_only                                     = true
  webdeploy_publish_basic_authentication_enabled = false

  identity {
    type = "SystemAssigned"
  }

  # CORS is the function's own, so that it is the same on every cloud: the platform's would answer preflights itself.
  site_config {
    application_insights_connection_string = azurerm_application_insights.this.connection_string
    minimum_tls_version                    = "1.2"
    http2_enabled                          = true
  }

  # https://learn.microsoft.com/azure/azure-functions/disable-function
  app_settings = merge(local.settings, {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                  = "Authorization=AAD"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount = each.value.attempts
    AzureFunctionsJobHost__functionTimeout                     = format("%02d:%02d:%02d", 0, floor(each.value.timeout / 60), each.value.timeout % 60)
  }, { for name in each.value.off : "AzureWebJobs.${name}.Disabled" => "true" })
}

locals {
  # What steps.sh is told of each app.
  steps = {
    for app, one in local.apps : app => {
      SUBSCRIPTION = var.account_id
      GROUP        = local.group
      APP          = azurerm_function_app_flex_consumption.this[app].name
    }
  }
}

# Again whenever the app changes: the provider has put the settings back then.
resource "terraform_data" "settings" {
  for_each = local.apps

  provisioner "local-exec" {
    command     = "sh '${path.module}/steps.sh' settings"
    environment = local.steps[each.key]
  }

  lifecycle {
    replace_triggered_by = [azurerm_function_app_flex_consumption.this[each.key]]
  }
}

# azurerm's zip_deploy_file posts to an endpoint that Flex Consumption lacks (azurerm 29630); the CLI knows the right one.
resource "terraform_data" "package" {
  for_each = local.apps

  triggers_replace = [
    filesha256(local.package), azurerm_function_app_flex_consumption.this[each.key].id,
    azurerm_storage_container.packages[each.key].id,
  ]

  provisioner "local-exec" {
    command     = "sh '${path.module}/steps.sh' publish"
    environment = merge(local.steps[each.key], { PACKAGE = abspath(local.package) })
  }

  depends_on = [terraform_data.settings, time_sleep.apps]
}

# Again with each version of the key: the platform itself follows within a day.
resource "terraform_data" "secrets" {
  for_each = local.apps

  triggers_replace = var.signing_key_version

  provisioner "local-exec" {
    command     = "sh '${path.module}/steps.sh' secrets"
    environment = local.steps[each.key]
  }

  lifecycle {
    replace_triggered_by = [azurerm_function_app_flex_consumption.this[each.key]]
  }

  depends_on = [azurerm_key_vault_secret.signing_key, terraform_data.package]
}
