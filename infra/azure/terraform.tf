terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.81, < 6"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }

  # The state's place is given to `terraform init -backend-config`: see infra/bootstrap/azure.
  backend "azurerm" {}
}

provider "azurerm" {
  subscription_id     = var.account_id
  storage_use_azuread = true

  resource_provider_registrations = "none"
  resource_providers_to_register = [
    "Microsoft.AlertsManagement", "Microsoft.App", "Microsoft.Cdn", "Microsoft.Consumption", "Microsoft.EventGrid", "microsoft.insights", "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity", "Microsoft.Network", "Microsoft.OperationalInsights", "Microsoft.Storage", "Microsoft.Web",
  ]

  features {
    resource_group {
      # Azure puts alerts of its own beside an Application Insights; what holds the state has its own guard.
      prevent_deletion_if_contains_resources = false
    }
  }
}

data "azurerm_client_config" "this" {}

data "azurerm_subscription" "this" {
  subscription_id = var.account_id

  lifecycle {
    postcondition {
      condition     = !can(regex("(?i)^(FreeTrial|.*Student)", self.quota_id))
      error_message = "Azure refuses Front Door, which the site stands behind, to free trials and students (this subscription is ${self.quota_id}): upgrade it to pay-as-you-go, https://aka.ms/azure-upgrade."
    }
  }
}
