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
  maximum_instance_count = max(40, var.max_instances) # the least that Flex Consumption takes
  http_concurrency       = each.key == "api" ? 1 : null

  storage_container_type      = "blobContainer"
  storage_container_endpoint  = "${local.account.blob_endpoint}${azurerm_storage_container.this["packages"].name}"
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

# azurerm's zip_deploy_file posts to an endpoint that Flex Consumption lacks (azurerm 29630); the CLI knows the right one.
resource "terraform_data" "package" {
  for_each = local.apps

  triggers_replace = [filesha256(local.package), azurerm_function_app_flex_consumption.this[each.key].id]

  provisioner "local-exec" {
    command = <<-EOT
      command -v az >/dev/null || { echo "az, the Azure CLI, publishes the package and is not here: https://aka.ms/azure-cli" >&2; exit 1; }
      az functionapp deployment source config-zip --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$APP" --src "$PACKAGE" --build-remote false --output none &&
      az functionapp restart --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$APP" # secrets that could not be read at first are
    EOT
    environment = {
      SUBSCRIPTION = var.account_id
      GROUP        = local.group
      APP          = azurerm_function_app_flex_consumption.this[each.key].name
      PACKAGE      = abspath(local.package)
    }
  }

  depends_on = [azurerm_role_assignment.app, azurerm_role_assignment.secrets, time_sleep.apps]
}
