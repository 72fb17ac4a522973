# What the mocked provider answers, in every test of this root.

mock_resource "azurerm_storage_account" {
  defaults = {
    id                    = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/trefoil-prod/providers/Microsoft.Storage/storageAccounts/trefoilprods000"
    primary_blob_endpoint = "https://trefoilprods000.blob.core.windows.net/"
    primary_web_host      = "trefoilprodw000.z33.web.core.windows.net"
  }
  override_during = plan
}
mock_data "azurerm_storage_account" {
  defaults = {
    id                    = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/acmedatalake"
    location              = "uksouth"
    primary_blob_endpoint = "https://acmedatalake.blob.core.windows.net/"
  }
}
mock_resource "azurerm_cdn_frontdoor_endpoint" {
  defaults = {
    id        = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/trefoil-prod/providers/Microsoft.Cdn/profiles/trefoil-prod/afdEndpoints/trefoil-prod000"
    host_name = "trefoil-prod.z01.azurefd.net"
  }
  override_during = plan
}
mock_data "azurerm_subscription" {
  defaults = {
    quota_id = "PayAsYouGo_2014-09-01"
  }
}
mock_data "azurerm_client_config" {
  defaults = {
    object_id = "00000000-0000-4000-8000-00000000000a"
    tenant_id = "00000000-0000-4000-8000-00000000000b"
  }
}
