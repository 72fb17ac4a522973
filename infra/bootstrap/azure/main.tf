# Where Terraform keeps its state, and whom GitHub's workflows deploy as, without a key. Applied once, by hand, with a
# local state; see docs/deploy-azure.md.

terraform {
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.0, < 6"
    }
  }
}

provider "azurerm" {
  subscription_id                 = var.account_id
  storage_use_azuread             = true
  resource_provider_registrations = "none"
  resource_providers_to_register  = ["Microsoft.ManagedIdentity", "Microsoft.Storage"]

  features {}
}

data "azurerm_client_config" "this" {}

locals {
  tags = { app = var.name_prefix }
  roles = var.repository == null ? [] : [
    "Contributor",
    "Role Based Access Control Administrator", # the root grants its apps what they need
    "Storage Blob Data Contributor",           # the site's files, and the administrator in the state
    "Key Vault Secrets Officer",
  ]
}

resource "azurerm_resource_group" "this" {
  name     = "${var.name_prefix}-terraform"
  location = var.region
  tags     = local.tags
}

resource "azurerm_storage_account" "state" {
  name                             = "${var.name_prefix}tf${substr(sha256(var.account_id), 0, 8)}"
  resource_group_name              = azurerm_resource_group.this.name
  location                         = azurerm_resource_group.this.location
  account_tier                     = "Standard"
  account_replication_type         = "ZRS"
  min_tls_version                  = "TLS1_2"
  https_traffic_only_enabled       = true
  shared_access_key_enabled        = false
  default_to_oauth_authentication  = true
  allow_nested_items_to_be_public  = false
  cross_tenant_replication_enabled = false
  local_user_enabled               = false
  tags                             = local.tags

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 90
    }

    container_delete_retention_policy {
      days = 90
    }
  }
}

resource "azurerm_storage_container" "state" {
  name                  = "terraform"
  storage_account_id    = azurerm_storage_account.state.id
  container_access_type = "private"
}

# Whoever applies this deploys too.
resource "azurerm_role_assignment" "people" {
  scope                = azurerm_storage_account.state.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = data.azurerm_client_config.this.object_id
}

resource "azurerm_user_assigned_identity" "deployer" {
  count = var.repository == null ? 0 : 1

  name                = "${var.name_prefix}-deployer"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "github" {
  count = var.repository == null ? 0 : 1

  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.deployer[0].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = coalesce(var.github_subject, "repo:${var.repository}:environment:${var.github_environment}")
}

resource "azurerm_role_assignment" "deployer" {
  for_each = toset(local.roles)

  scope                = "/subscriptions/${var.account_id}"
  role_definition_name = each.key
  principal_id         = azurerm_user_assigned_identity.deployer[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "state" {
  count = var.repository == null ? 0 : 1

  scope                = azurerm_storage_account.state.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.deployer[0].principal_id
  principal_type       = "ServicePrincipal"
}

output "backend" {
  description = "What `terraform init -backend-config` needs in infra/azure; another deployment has another key."
  value = {
    key                  = "prod.tfstate"
    storage_account_name = azurerm_storage_account.state.name
    container_name       = azurerm_storage_container.state.name
    use_azuread_auth     = "true"
  }
}

output "deployer" {
  description = "The client id for azure/login."
  value       = one(azurerm_user_assigned_identity.deployer[*].client_id)
}
