# Written through write-only arguments: no value is in the state.

# A version without a key would put an empty one in the place of the live one.
resource "terraform_data" "signing_key" {
  triggers_replace = var.signing_key_version

  provisioner "local-exec" {
    command     = "test -n \"$GIVEN\" # signing_key is needed by the first apply and with a new signing_key_version: TF_VAR_signing_key"
    environment = { GIVEN = var.signing_key == "" ? "" : "yes" }
  }
}

resource "azurerm_key_vault" "this" {
  name                       = "${var.name_prefix}${var.environment}k${local.suffix}"
  resource_group_name        = local.group
  location                   = var.region
  tenant_id                  = data.azurerm_client_config.this.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true # what is deleted keeps its name for the days below
  soft_delete_retention_days = 7
  tags                       = local.tags
}

resource "azurerm_key_vault_secret" "signing_key" {
  name             = "signing-key"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "application/x-pem-file"
  value_wo         = coalesce(var.signing_key, "unchanged")
  value_wo_version = var.signing_key_version
  tags             = local.tags

  depends_on = [terraform_data.deployer, terraform_data.signing_key]
}

resource "azurerm_key_vault_secret" "other" {
  for_each = var.secret_names

  name             = each.key
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "text/plain"
  value_wo         = "not set"
  value_wo_version = 1
  tags             = local.tags

  depends_on = [terraform_data.deployer]
}
