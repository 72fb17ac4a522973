module "functions" {
  source = "../modules/functions"

  file                  = var.functions_file
  name                  = local.name
  gateway_authorizer    = false
  function_memory_mb    = var.function_memory_mb
  http_timeout_seconds  = var.http_timeout_seconds
  job_timeout_seconds   = var.job_timeout_seconds
  max_delivery_attempts = var.max_delivery_attempts
  schedule_cron         = var.schedule_cron
}

module "site" {
  source = "../modules/site"

  folder    = var.site_dir
  api_url   = local.api_url
  store_url = "${local.account.blob_endpoint}${local.container}/"
}

locals {
  cloud = {
    provider                     = "azure"
    account_pattern              = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"
    account_example              = "the id of an Azure subscription, a GUID in lower case"
    region_pattern               = "^[a-z]+[0-9]?$"
    region_example               = "uksouth"
    budget_needs_start           = true
    budget_needs_billing_account = false
    mail_needs_server            = false
  }

  name = "${var.name_prefix}-${var.environment}"
  # Some names are the whole world's: as much of the subscription's as fits makes them this deployment's own. A storage
  # account's is the shortest, 24 with the letter of its kind.
  suffix = substr(sha256(var.account_id), 0, 23 - length("${var.name_prefix}${var.environment}"))
  tags   = merge(var.tags, { app = var.name_prefix, environment = var.environment })
  group  = coalesce(var.existing_resource_group, try(azurerm_resource_group.this[0].name, null))

  functions = module.functions.all
  # Every app gets the whole package, and those functions that are another app's are switched off.
  apps = {
    for app in module.functions.apps : app => {
      name = "${local.name}-${app}${local.suffix}"
      # The least of Flex Consumption's sizes that is enough for each. Not 512: that is a quarter of a core, which the
      # host has a share of. https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes
      memory = [for size in [2048, 4096] : size if size >= max([for one in values(local.functions) : one.memory if one.app == app]...)][0]
      # Beside a step's activity stands the orchestrator of its runs, in the same app.
      off = flatten([
        for name, one in local.functions : one.trigger == "step" ? [name, "run_${name}"] : [name] if one.app != app
      ])
      # The host has one of each for all functions of an app: the longest, and the most.
      timeout  = max([for one in values(local.functions) : one.timeout if one.app == app]...)
      attempts = max([for one in values(local.functions) : one.attempts if one.app == app]...)
    }
  }

  # Names that the functions' triggers have: a queue for each function that takes objects or jobs, and its poison queue.
  queues = { for name in keys(module.functions.queues) : name => "trefoil-${name}" }

  container = "state"
  account = var.existing_bucket == null ? {
    id            = azurerm_storage_account.this["state"].id
    name          = azurerm_storage_account.this["state"].name
    blob_endpoint = azurerm_storage_account.this["state"].primary_blob_endpoint
    location      = azurerm_storage_account.this["state"].location
    } : {
    id            = data.azurerm_storage_account.existing[0].id
    name          = data.azurerm_storage_account.existing[0].name
    blob_endpoint = data.azurerm_storage_account.existing[0].primary_blob_endpoint
    location      = data.azurerm_storage_account.existing[0].location
  }

  api_url  = "https://${local.apps.api.name}.azurewebsites.net"
  site_url = "https://${coalesce(var.domain_name, azurerm_cdn_frontdoor_endpoint.site.host_name)}"
  origins  = sort(concat([local.site_url], tolist(var.cors_allowed_origins)))
  package  = "${var.package_dir}/azure.zip"

  settings = merge(var.function_settings, {
    TREFOIL_FUNCTIONS          = module.functions.set
    TREFOIL_SCHEDULES          = module.functions.schedules
    TREFOIL_STORE              = "az://${local.container}"
    TREFOIL_ISSUER             = coalesce(var.jwt_issuer, local.api_url)
    TREFOIL_AUDIENCE           = var.jwt_audience
    TREFOIL_SIGNING_KEY        = "@Microsoft.KeyVault(SecretUri=${azurerm_key_vault_secret.signing_key.versionless_id})"
    TREFOIL_CORS_ORIGINS       = join(",", local.origins)
    TREFOIL_LOG_LEVEL          = var.log_level
    TREFOIL_DEBUG              = join(",", sort(tolist(var.debug_namespaces)))
    TREFOIL_MAIL               = local.mail_url
    TREFOIL_MAIL_FROM          = local.mail_from
    TREFOIL_SITE               = local.site_url
    TREFOIL_FORECAST_URL       = var.forecast_url
    TREFOIL_FORECAST_SITES     = join(",", [for name, site in var.forecast_sites : "${name}:${site.latitude}:${site.longitude}"])
    AZURE_STORAGE_ACCOUNT_NAME = local.account.name
    # https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
    # And no AzureWebJobsStorage: the host takes even an empty one for a connection string (azure-functions-host 11787).
    AzureWebJobsStorage__accountName = local.account.name
    AzureWebJobsStorage__credential  = "managedidentity"
    # The host's own filter would drop debug lines.
    AzureFunctionsJobHost__logging__logLevel__Function = var.log_level == "DEBUG" || length(var.debug_namespaces) > 0 ? "Debug" : "Information"
  })

  outputs = {
    site_url              = local.site_url
    api_url               = local.api_url
    jwks_url              = "${local.api_url}/.well-known/jwks.json"
    store_url             = local.settings.TREFOIL_STORE
    ingest_bucket         = "${local.account.blob_endpoint}${local.container}"
    queue_ids             = { for name, one in azurerm_storage_queue.live : name => one.id }
    dead_letter_queue_ids = { for name, one in azurerm_storage_queue.poison : name => one.id }
    secret_ids            = merge({ signing-key = azurerm_key_vault_secret.signing_key.versionless_id }, { for name, one in azurerm_key_vault_secret.other : name => one.versionless_id })
    function_names        = { for name, one in local.functions : name => "${azurerm_function_app_flex_consumption.this[one.app].name}/${name}" }
    identities            = { for app, one in azurerm_function_app_flex_consumption.this : app => one.identity[0].principal_id }
    dashboard_url         = "https://portal.azure.com/#@${data.azurerm_client_config.this.tenant_id}/resource${azurerm_application_insights_workbook.this.id}"
    alarm_ids             = { for name, one in azurerm_monitor_scheduled_query_rules_alert_v2.this : name => one.id }
  }
}
