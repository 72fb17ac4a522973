# Two identities, the apps' own; and what the one who applies needs to write data, since there are no account keys.

locals {
  # https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
  roles = {
    api = [
      "Storage Blob Data Owner", # the host's own leases, the state, and the keys that sign URLs
      "Storage Queue Data Message Sender",
      "Storage Table Data Contributor",
    ]
    worker = [
      "Storage Blob Data Owner",
      "Storage Queue Data Contributor",
      "Storage Table Data Contributor",
    ]
  }
  app_roles = merge([for app in keys(local.apps) : { for role in local.roles[app] : "${app}: ${role}" => { app = app, role = role } }]...)
  secret_readers = {
    for pair in setproduct(keys(local.apps), concat(["signing-key"], tolist(var.secret_names))) : join(": ", pair) => { app = pair[0], secret = pair[1] }
  }
}

resource "azurerm_role_assignment" "app" {
  for_each = local.app_roles

  scope                = local.account.id
  role_definition_name = each.value.role
  principal_id         = azurerm_function_app_flex_consumption.this[each.value.app].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

# An app's own package, which it unpacks, and which the platform writes in its name.
# https://learn.microsoft.com/azure/azure-functions/flex-consumption-how-to#configure-deployment-settings
resource "azurerm_role_assignment" "packages" {
  for_each = local.apps

  scope                = azurerm_storage_container.packages[each.key].id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_function_app_flex_consumption.this[each.key].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "secrets" {
  for_each = local.secret_readers

  scope                = each.value.secret == "signing-key" ? azurerm_key_vault_secret.signing_key.resource_versionless_id : azurerm_key_vault_secret.other[each.value.secret].resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_function_app_flex_consumption.this[each.value.app].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "metrics" {
  for_each = local.apps

  scope                = azurerm_application_insights.this.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = azurerm_function_app_flex_consumption.this[each.key].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

# Event Grid delivers as its topic's identity.
resource "azurerm_role_assignment" "events" {
  for_each = toset(["Storage Queue Data Message Sender", "Storage Blob Data Contributor"])

  scope                = local.account.id
  role_definition_name = each.key
  principal_id         = azurerm_eventgrid_system_topic.objects.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "deployer" {
  for_each = {
    site    = { scope = azurerm_storage_account.this["site"].id, role = "Storage Blob Data Contributor" }
    secrets = { scope = azurerm_key_vault.this.id, role = "Key Vault Secrets Officer" }
    state   = { scope = local.account.id, role = "Storage Blob Data Contributor" } # for the administrator and dead letters
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = data.azurerm_client_config.this.object_id

  lifecycle {
    ignore_changes = [principal_id] # who applies next has rights of their own (infra/bootstrap/azure)
  }
}

# Assignments take a while to hold; what comes too early is answered with 403. One's own can be tried.
resource "terraform_data" "deployer" {
  triggers_replace = { for name, one in azurerm_role_assignment.deployer : name => one.id }

  provisioner "local-exec" {
    command = "sh '${path.module}/steps.sh' roles"
    environment = {
      SUBSCRIPTION = var.account_id
      ACCOUNTS     = "${local.account.name} ${azurerm_storage_account.this["site"].name}"
      VAULT        = azurerm_key_vault.this.name
    }
  }
}

# Others' can't: what needs them is tried again besides.
resource "time_sleep" "apps" {
  create_duration = "180s"
  triggers        = { for name, one in merge(azurerm_role_assignment.app, azurerm_role_assignment.packages, azurerm_role_assignment.secrets) : name => one.id }
}
