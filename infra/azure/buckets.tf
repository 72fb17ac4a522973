# Three storage accounts without keys: the state with its queues, the packages, and the site.

resource "azurerm_resource_group" "this" {
  count = var.existing_resource_group == null ? 1 : 0

  name     = local.name
  location = var.region
  tags     = local.tags
}

data "azurerm_storage_account" "existing" {
  count = var.existing_bucket == null ? 0 : 1

  name                = split("/", var.existing_bucket)[8]
  resource_group_name = split("/", var.existing_bucket)[4]
}

locals {
  accounts = {
    for kind, letter in { state = "s", packages = "p", site = "w" } : kind => "${var.name_prefix}${var.environment}${letter}${local.suffix}"
    if kind != "state" || var.existing_bucket == null
  }
}

resource "azurerm_storage_account" "this" {
  for_each = local.accounts

  name                             = each.value
  resource_group_name              = local.group
  location                         = var.region
  account_tier                     = "Standard"
  account_replication_type         = each.key == "state" ? "ZRS" : "LRS" # the others can be made again
  min_tls_version                  = "TLS1_2"
  https_traffic_only_enabled       = true
  shared_access_key_enabled        = false
  default_to_oauth_authentication  = true
  allow_nested_items_to_be_public  = false
  cross_tenant_replication_enabled = false
  local_user_enabled               = false
  tags                             = local.tags

  blob_properties {
    versioning_enabled  = true
    change_feed_enabled = each.key == "state" # with the others, what a restore to a point in time needs

    delete_retention_policy {
      days = 30
    }

    dynamic "restore_policy" {
      for_each = each.key == "state" ? [29] : []
      content {
        days = restore_policy.value # less than what is deleted is kept
      }
    }

    container_delete_retention_policy {
      days = 30
    }

    # Browsers upload to and download from the store itself, with signed URLs.
    dynamic "cors_rule" {
      for_each = each.key == "state" ? [local.origins] : []
      content {
        allowed_origins    = cors_rule.value
        allowed_methods    = ["GET", "PUT"]
        allowed_headers    = ["content-type", "if-none-match", "x-ms-blob-type"]
        exposed_headers    = ["ETag"]
        max_age_in_seconds = 600
      }
    }
  }
}

resource "azurerm_storage_management_policy" "this" {
  for_each = local.accounts

  storage_account_id = azurerm_storage_account.this[each.key].id

  # Parts of an upload that was cut off go by themselves after a week here.
  rule {
    name    = "what-was-replaced"
    enabled = true
    filters {
      blob_types = ["blockBlob"]
    }
    actions {
      version {
        delete_after_days_since_creation = 30
      }
    }
  }
}

# What goes first when everything is destroyed, and stops whoever did not mean it before anything is gone.
resource "terraform_data" "keep_state" {
  input = { force_destroy = var.force_destroy, bucket = local.account.name }

  provisioner "local-exec" {
    when    = destroy
    command = "${self.input.force_destroy} || { echo '${self.input.bucket} may hold data: apply with force_destroy = true first' >&2; exit 1; }"
  }

  # Everything there is, so that all of it waits.
  depends_on = [
    azurerm_application_insights.this, azurerm_application_insights_workbook.this,
    azurerm_cdn_frontdoor_batch_rule_set.site, azurerm_cdn_frontdoor_custom_domain.site,
    azurerm_cdn_frontdoor_endpoint.site, azurerm_cdn_frontdoor_origin.site, azurerm_cdn_frontdoor_origin_group.site,
    azurerm_cdn_frontdoor_profile.site, azurerm_cdn_frontdoor_route.site, azurerm_communication_service.mail,
    azurerm_communication_service_email_domain_association.mail, azurerm_consumption_budget_resource_group.this,
    azurerm_dns_a_record.site, azurerm_dns_txt_record.site, azurerm_email_communication_service.mail,
    azurerm_email_communication_service_domain.mail, azurerm_email_communication_service_domain_sender_username.mail,
    azurerm_eventgrid_system_topic.objects, azurerm_eventgrid_system_topic_event_subscription.objects,
    azurerm_function_app_flex_consumption.this, azurerm_key_vault.this, azurerm_key_vault_secret.other,
    azurerm_key_vault_secret.signing_key, azurerm_log_analytics_workspace.this, azurerm_monitor_action_group.this,
    azurerm_monitor_diagnostic_setting.secrets, azurerm_monitor_diagnostic_setting.state,
    azurerm_monitor_scheduled_query_rules_alert_v2.this, azurerm_resource_group.this, azurerm_role_assignment.app,
    azurerm_role_assignment.deployer, azurerm_role_assignment.events, azurerm_role_assignment.mail,
    azurerm_role_assignment.metrics, azurerm_role_assignment.packages, azurerm_role_assignment.secrets,
    azurerm_service_plan.this, azurerm_storage_account.this, azurerm_storage_account_static_website.site,
    azurerm_storage_blob.config, azurerm_storage_blob.site, azurerm_storage_container.packages,
    azurerm_storage_container.this, azurerm_storage_container.undelivered, azurerm_storage_management_policy.this,
    azurerm_storage_queue.live, azurerm_storage_queue.poison, terraform_data.deployer, terraform_data.package,
    terraform_data.secrets, terraform_data.settings, terraform_data.signing_key, time_sleep.apps, time_sleep.events,
  ]
}

resource "azurerm_storage_container" "this" {
  for_each = toset([local.container])

  name                  = each.key
  storage_account_id    = local.account.id
  container_access_type = "private"
}

# One for each app, in an account of their own: none may write what another runs.
resource "azurerm_storage_container" "packages" {
  for_each = local.apps

  name                  = each.key
  storage_account_id    = azurerm_storage_account.this["packages"].id
  container_access_type = "private"
}
