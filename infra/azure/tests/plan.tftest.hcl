# What is planned, without a subscription: mocked providers.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

mock_provider "time" {}

variables {
  account_id = "00000000-0000-4000-8000-000000000000"
  region     = "uksouth"
}

run "minimal" {
  command = plan

  assert {
    condition     = azurerm_function_app_flex_consumption.this["api"].instance_memory_in_mb == 2048 && azurerm_function_app_flex_consumption.this["worker"].instance_memory_in_mb == 2048
    error_message = "an app has as much memory as its functions declare"
  }
  assert {
    condition     = azurerm_function_app_flex_consumption.this["worker"].app_settings.AzureFunctionsJobHost__extensions__queues__maxDequeueCount == "5" && azurerm_function_app_flex_consumption.this["worker"].app_settings.AzureFunctionsJobHost__functionTimeout == "00:09:00"
    error_message = "five attempts of at most nine minutes"
  }
  assert {
    condition     = alltrue([for one in azurerm_storage_account.this : !one.allow_nested_items_to_be_public && !one.shared_access_key_enabled && one.https_traffic_only_enabled && one.min_tls_version == "TLS1_2"])
    error_message = "no blob may be public, and no account has keys"
  }
  assert {
    condition     = alltrue([for one in azurerm_storage_account.this : length(one.name) <= 24]) && length(azurerm_key_vault.this.name) <= 24 && alltrue([for one in azurerm_function_app_flex_consumption.this : length(one.name) <= 32])
    error_message = "names fit"
  }
  assert {
    condition     = alltrue([for one in azurerm_storage_account.this : length(one.name) == 24]) && endswith(azurerm_key_vault.this.name, local.suffix) && length(local.suffix) == 12
    error_message = "names that are the whole world's have as much of the subscription's as fits"
  }
  assert {
    condition     = alltrue([for app in azurerm_function_app_flex_consumption.this : !contains(keys(app.app_settings), "AzureWebJobsStorage") && app.app_settings.AzureWebJobsStorage__credential == "managedidentity"])
    error_message = "the host is its identity, and finds no connection string before that"
  }
  assert {
    condition     = length(local.queries) == length(azurerm_monitor_scheduled_query_rules_alert_v2.this) && alltrue([for one in azurerm_monitor_scheduled_query_rules_alert_v2.this : one.skip_query_validation]) && strcontains(azurerm_monitor_scheduled_query_rules_alert_v2.this["api-5xx"].criteria[0].query, "resultCode) >= 500")
    error_message = "alarms ask the logs: Flex Consumption has no metric of HTTP answers"
  }
  assert {
    condition     = length(azurerm_cdn_frontdoor_custom_domain.site) == 0 && length(azurerm_consumption_budget_resource_group.this) == 0 && length(azurerm_monitor_action_group.this.email_receiver) == 0
    error_message = "what was not asked for is not made"
  }
  assert {
    condition     = length(azurerm_communication_service.mail) == 0 && length(azurerm_email_communication_service.mail) == 0 && length(azurerm_role_assignment.mail) == 0 && local.settings.TREFOIL_MAIL == "" && local.settings.TREFOIL_MAIL_FROM == ""
    error_message = "without an address nothing may send mails"
  }
  assert {
    condition     = azurerm_cdn_frontdoor_route.site.https_redirect_enabled && azurerm_storage_account_static_website.site.error_404_document == "404.html"
    error_message = "the site speaks HTTPS and has an error page"
  }
  assert {
    condition     = azurerm_key_vault.this.purge_protection_enabled
    error_message = "secrets can't be purged by mistake"
  }
}

run "longest_names" {
  command = plan

  variables {
    name_prefix = "abcdefghijkl"
    environment = "abcdefgh"
  }

  assert {
    condition     = alltrue([for one in azurerm_storage_account.this : length(one.name) <= 24]) && length(azurerm_key_vault.this.name) <= 24 && alltrue([for one in azurerm_function_app_flex_consumption.this : length(one.name) <= 32])
    error_message = "the longest prefix and environment still fit"
  }
}

run "all_inputs" {
  command = plan

  variables {
    name_prefix           = "energy"
    environment           = "test"
    domain_name           = "app.example.com"
    dns_zone              = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/dns/providers/Microsoft.Network/dnsZones/example.com"
    cors_allowed_origins  = ["https://other.example.com"]
    jwt_issuer            = "https://login.example.com"
    jwt_audience          = "energy"
    signing_key_version   = 2
    secret_names          = ["weather-token"]
    schedule_cron         = { maintain = "30 3 * * MON-FRI" }
    forecast_sites        = { london = { latitude = 51.5072, longitude = -0.1276 } }
    forecast_url          = "https://weather.example.com/v1/forecast"
    function_memory_mb    = 4096
    http_timeout_seconds  = 20
    job_timeout_seconds   = 300
    max_instances         = 100
    max_delivery_attempts = 7
    log_level             = "WARNING"
    debug_namespaces      = ["ingest", "auth"]
    log_retention_days    = 365
    mail_from             = "alerts@example.com"
    alarm_email           = "ops@example.com"
    monthly_budget        = 100
    budget_start          = "2030-01-01"
    force_destroy         = true
    tags                  = { team = "energy" }
  }

  assert {
    condition     = azurerm_resource_group.this[0].name == "energy-test" && azurerm_function_app_flex_consumption.this["worker"].instance_memory_in_mb == 4096 && azurerm_function_app_flex_consumption.this["worker"].maximum_instance_count == 100
    error_message = "names, memory and scale follow the inputs"
  }
  assert {
    condition     = azurerm_function_app_flex_consumption.this["worker"].app_settings.AzureFunctionsJobHost__functionTimeout == "00:05:00" && azurerm_function_app_flex_consumption.this["worker"].app_settings.AzureFunctionsJobHost__extensions__queues__maxDequeueCount == "7"
    error_message = "time-out and attempts follow the inputs"
  }
  assert {
    condition     = local.settings.TREFOIL_CORS_ORIGINS == "https://app.example.com,https://other.example.com" && local.settings.TREFOIL_ISSUER == "https://login.example.com" && local.settings.TREFOIL_DEBUG == "auth,ingest" && local.settings.TREFOIL_FORECAST_SITES == "london:51.5072:-0.1276" && local.settings.TREFOIL_SCHEDULES == "maintain=30 3 * * MON-FRI"
    error_message = "the functions' settings follow the inputs"
  }
  assert {
    condition     = azurerm_cdn_frontdoor_custom_domain.site[0].host_name == "app.example.com" && azurerm_dns_a_record.site[0].name == "app" && azurerm_dns_txt_record.site[0].name == "_dnsauth.app" && azurerm_dns_a_record.site[0].resource_group_name == "dns"
    error_message = "the domain has a certificate and its records"
  }
  assert {
    condition     = azurerm_log_analytics_workspace.this[0].retention_in_days == 365
    error_message = "logs are kept as long as asked"
  }
  assert {
    condition     = azurerm_consumption_budget_resource_group.this[0].time_period[0].start_date == "2030-01-01T00:00:00Z" && azurerm_monitor_action_group.this.email_receiver[0].email_address == "ops@example.com"
    error_message = "somebody is told"
  }
  assert {
    condition     = local.settings.TREFOIL_MAIL_FROM == "alerts@example.com" && azurerm_email_communication_service_domain.mail[0].name == "example.com" && azurerm_email_communication_service_domain_sender_username.mail[0].name == "alerts" && azurerm_communication_service.mail[0].data_location == "UK"
    error_message = "mails come from the given address, and stay in the region's geography"
  }
  assert {
    condition     = terraform_data.keep_state.input.force_destroy && contains(keys(azurerm_key_vault_secret.other), "weather-token") && azurerm_key_vault_secret.signing_key.value_wo_version == 2
    error_message = "force_destroy and the secrets' inputs are heeded"
  }
  assert {
    condition     = local.tags.app == "energy" && local.tags.environment == "test" && azurerm_function_app_flex_consumption.this["api"].tags.team == "energy"
    error_message = "tags are added to the standing ones"
  }
}

run "address_that_azure_makes" {
  command = plan

  variables {
    region    = "westeurope"
    mail_from = "DoNotReply@azurecomm.net"
  }

  override_resource {
    target          = azurerm_communication_service.mail[0]
    override_during = plan
    values = {
      id       = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/trefoil-prod/providers/Microsoft.Communication/communicationServices/mail"
      hostname = "mail.europe.communication.azure.com"
    }
  }
  override_resource {
    target          = azurerm_email_communication_service_domain.mail[0]
    override_during = plan
    values          = { from_sender_domain = "5a4f.azurecomm.net" }
  }

  assert {
    condition     = local.settings.TREFOIL_MAIL == "https://mail.europe.communication.azure.com" && local.settings.TREFOIL_MAIL_FROM == "DoNotReply@5a4f.azurecomm.net"
    error_message = "mails come from the domain that Azure made"
  }
  assert {
    condition     = azurerm_email_communication_service_domain.mail[0].name == "AzureManagedDomain" && azurerm_email_communication_service_domain.mail[0].domain_management == "AzureManaged" && length(azurerm_email_communication_service_domain_sender_username.mail) == 0
    error_message = "Azure makes and verifies the domain, which has no other sender"
  }
  assert {
    condition     = azurerm_communication_service.mail[0].data_location == "Europe" && azurerm_email_communication_service.mail[0].data_location == "Europe"
    error_message = "mails stay in the region's geography"
  }
  assert {
    condition     = azurerm_role_assignment.mail[0].scope == azurerm_communication_service.mail[0].id && azurerm_role_assignment.mail[0].role_definition_name == "Communication and Email Service Owner"
    error_message = "the right to send is that on the one service"
  }
}

run "existing_resources" {
  command = plan

  variables {
    existing_bucket         = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/acmedatalake"
    existing_resource_group = "acme-apps"
    existing_log_workspace  = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/acme"
  }

  assert {
    condition     = toset(keys(azurerm_storage_account.this)) == toset(["packages", "site"]) && data.azurerm_storage_account.existing[0].name == "acmedatalake" && data.azurerm_storage_account.existing[0].resource_group_name == "data"
    error_message = "the existing storage account is used, not another one made"
  }
  assert {
    condition     = length(azurerm_resource_group.this) == 0 && azurerm_service_plan.this["api"].resource_group_name == "acme-apps"
    error_message = "everything is made in the existing resource group"
  }
  assert {
    condition     = length(azurerm_log_analytics_workspace.this) == 0 && endswith(azurerm_application_insights.this.workspace_id, "/workspaces/acme")
    error_message = "logs go to the existing workspace"
  }
}

run "free_trial" {
  command = plan

  override_data {
    target = data.azurerm_subscription.this
    values = { quota_id = "FreeTrial_2014-09-01" }
  }

  expect_failures = [data.azurerm_subscription.this]
}

run "student" {
  command = plan

  override_data {
    target = data.azurerm_subscription.this
    values = { quota_id = "AzureForStudents_2018-01-01" }
  }

  expect_failures = [data.azurerm_subscription.this]
}

run "enterprise_agreement" {
  command = plan

  override_data {
    target = data.azurerm_subscription.this
    values = { quota_id = "EnterpriseAgreement_2014-09-01" }
  }
}
