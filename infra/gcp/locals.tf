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
  store_url = "https://storage.googleapis.com/${local.bucket}/"
}

locals {
  cloud = {
    provider                     = "gcp"
    account_pattern              = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
    account_example              = "the id of a Google Cloud project, such as trefoil-prod-1234"
    region_pattern               = "^[a-z]+-[a-z]+[0-9]{1,2}$"
    region_example               = "europe-west1"
    budget_needs_start           = false
    budget_needs_billing_account = true
    mail_needs_server            = true
  }

  name   = "${var.name_prefix}-${var.environment}"
  tags   = merge(var.tags, { app = var.name_prefix, environment = var.environment })
  number = data.google_project.this.number

  functions = module.functions.all
  queues    = module.functions.queues
  buriers   = module.functions.buriers
  apps      = module.functions.apps

  # Cloud Run's own name for a service, known before there is one.
  # https://cloud.google.com/run/docs/triggering/https-request#deterministic
  api_url  = "https://${module.functions.http.cloud}-${local.number}.${var.region}.run.app"
  site_url = var.domain_name == null ? "https://${local.name}-site-${local.number}.${var.region}.run.app" : "https://${var.domain_name}"
  origins  = sort(concat([local.site_url], tolist(var.cors_allowed_origins)))
  bucket   = coalesce(var.existing_bucket, try(google_storage_bucket.this["state"].name, null))
  package  = "${var.package_dir}/gcp.zip"

  settings = merge(var.function_settings, {
    TREFOIL_FUNCTIONS      = module.functions.set
    TREFOIL_SCHEDULES      = module.functions.schedules
    TREFOIL_STORE          = "gs://${local.bucket}"
    TREFOIL_ISSUER         = coalesce(var.jwt_issuer, local.api_url)
    TREFOIL_AUDIENCE       = var.jwt_audience
    TREFOIL_SIGNING_KEY    = "file:///etc/trefoil/signing-key"
    TREFOIL_CORS_ORIGINS   = join(",", local.origins)
    TREFOIL_LOG_LEVEL      = var.log_level
    TREFOIL_DEBUG          = join(",", sort(tolist(var.debug_namespaces)))
    TREFOIL_QUEUES         = trimsuffix(google_pubsub_topic.schedule_dead.id, "schedule-dead") # what all topics begin with
    TREFOIL_WORKFLOWS      = "projects/${var.account_id}/locations/${var.region}/workflows/${local.name}-"
    TREFOIL_FORECAST_URL   = var.forecast_url
    TREFOIL_FORECAST_SITES = join(",", [for name, site in var.forecast_sites : "${name}:${site.latitude}:${site.longitude}"])
    TREFOIL_MAIL           = local.mail_url
    TREFOIL_MAIL_FROM      = var.mail_from
    TREFOIL_SITE           = local.site_url
    GOOGLE_CLOUD_PROJECT   = var.account_id # for the trace of a log line
  })

  outputs = {
    site_url              = local.site_url
    api_url               = local.api_url
    jwks_url              = "${local.api_url}/.well-known/jwks.json"
    store_url             = local.settings.TREFOIL_STORE
    ingest_bucket         = local.bucket
    queue_ids             = { for name, one in google_pubsub_topic.live : name => one.id }
    dead_letter_queue_ids = { for name, one in google_pubsub_topic.dead : name => one.id }
    secret_ids            = merge({ for name, one in google_secret_manager_secret.this : name => one.id }, { for one in google_secret_manager_secret.mail : "mail-password" => one.id })
    function_names        = { for name, one in google_cloudfunctions2_function.this : name => one.name }
    identities            = { for app, one in google_service_account.app : app => one.email }
    dashboard_url         = "https://console.cloud.google.com/monitoring/dashboards/builder/${reverse(split("/", google_monitoring_dashboard.this.id))[0]}?project=${var.account_id}"
    alarm_ids             = merge({ for name, one in google_monitoring_alert_policy.this : name => one.name }, { dead-letters = google_monitoring_alert_policy.letters.name }, { for name, one in google_monitoring_alert_policy.runs : name => one.name })
  }
}
