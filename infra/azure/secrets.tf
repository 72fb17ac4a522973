# Written through write-only arguments: no value is in the state.

resource "azurerm_key_vault" "this" {
  name                       = "${var.name_prefix}${var.environment}k${local.suffix}"
  resource_group_name        = local.group
  location                   = var.region
  tenant_id                  = data.azurerm_client_config.this.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = !var.force_destroy
  soft_delete_retention_days = 7
  tags                       = local.tags
}

resource "azurerm_key_vault_secret" "signing_key" {
  name             = "signing-key"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "application/x-pem-file"
  value_wo         = coalesce(var.signing_key, "not set: apply with signing_key, and a higher signing_key_version")
  value_wo_version = var.signing_key_version
  tags             = local.tags

  depends_on = [time_sleep.deployer]
}

resource "azurerm_key_vault_secret" "other" {
  for_each = var.secret_names

  name             = each.key
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "text/plain"
  value_wo         = "not set"
  value_wo_version = 1
  tags             = local.tags

  depends_on = [time_sleep.deployer]
}
