# What is planned, without a project: mocked providers.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "google" {
  alias = "billing"
}

mock_provider "time" {}

variables {
  account_id = "trefoil-test-1234"
  region     = "europe-west2"
}

run "minimal" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.this["jobs"].service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY" && google_cloudfunctions2_function.this["api"].service_config[0].ingress_settings == "ALLOW_ALL"
    error_message = "only the API can be reached from outside"
  }
  assert {
    condition     = alltrue([for one in google_pubsub_subscription.live : one.expiration_policy[0].ttl == ""]) && alltrue([for one in google_cloud_scheduler_job.this : one.retry_config[0].retry_count == 5])
    error_message = "no subscription expires, and a firing that fails is tried again"
  }
  assert {
    condition     = alltrue([for one in google_storage_bucket.this : one.public_access_prevention == "enforced" && one.uniform_bucket_level_access && one.versioning[0].enabled])
    error_message = "no bucket may be public, all keep versions"
  }
  assert {
    condition     = toset(keys(google_storage_bucket.this)) == toset(["state", "site", "packages"]) && !google_storage_bucket.this["state"].force_destroy
    error_message = "three buckets, and the state is not destroyed with its data"
  }
  assert {
    condition     = local.settings.TREFOIL_ISSUER == "https://trefoil-prod-api-123456789012.europe-west2.run.app"
    error_message = "tokens are issued by the API's own URL"
  }
  assert {
    condition     = length(google_compute_backend_service.site) == 0 && length(google_billing_budget.this) == 0 && length(google_monitoring_notification_channel.email) == 0
    error_message = "what was not asked for is not made"
  }
  assert {
    condition     = length(google_secret_manager_secret.mail) == 0 && local.settings.TREFOIL_MAIL == "" && length(google_cloudfunctions2_function.this["jobs"].service_config[0].secret_volumes) == 1
    error_message = "without an address nothing may send mails, and there is no password"
  }
  assert {
    condition     = one(google_cloud_run_v2_service_iam_member.api).member == "allUsers" && alltrue([for one in google_cloud_run_v2_service_iam_member.push : one.role == "roles/run.invoker"])
    error_message = "everybody may call the API, and only Pub/Sub the rest"
  }
}

run "all_inputs" {
  command = plan

  variables {
    name_prefix           = "energy"
    environment           = "test"
    domain_name           = "app.example.com"
    dns_zone              = "example-com"
    cors_allowed_origins  = ["https://other.example.com"]
    jwt_issuer            = "https://login.example.com"
    jwt_audience          = "energy"
    signing_key_version   = 2
    secret_names          = ["weather-token"]
    public_invoker        = false
    schedule_cron         = { maintain = "30 3 * * MON-FRI" }
    forecast_sites        = { london = { latitude = 51.5072, longitude = -0.1276 } }
    forecast_url          = "https://weather.example.com/v1/forecast"
    function_memory_mb    = 4096
    http_timeout_seconds  = 20
    job_timeout_seconds   = 300
    max_instances         = 10
    max_delivery_attempts = 7
    log_level             = "WARNING"
    debug_namespaces      = ["ingest", "auth"]
    log_retention_days    = 365
    mail_from             = "alerts@example.com"
    mail_server           = "smtps://trefoil@mail.example.com:465"
    alarm_email           = "ops@example.com"
    monthly_budget        = 100
    billing_account       = "012345-6789AB-CDEF01"
    force_destroy         = true
    tags                  = { team = "energy" }
  }

  assert {
    condition     = google_cloudfunctions2_function.this["api"].name == "energy-test-api" && google_cloudfunctions2_function.this["api"].service_config[0].timeout_seconds == 20
    error_message = "names and the requests' time-out follow the inputs"
  }
  assert {
    condition     = google_cloudfunctions2_function.this["jobs"].service_config[0].available_memory == "4096Mi" && google_cloudfunctions2_function.this["jobs"].service_config[0].timeout_seconds == 300 && google_cloudfunctions2_function.this["forecast"].service_config[0].timeout_seconds == 60
    error_message = "memory and time-out of those that declare more follow the inputs"
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.api) == 0 && length(google_cloud_run_v2_service_iam_member.site) == 0
    error_message = "without public_invoker nothing is open to allUsers"
  }
  assert {
    condition     = google_cloud_scheduler_job.this["maintain"].schedule == "30 3 * * MON-FRI" && google_cloud_scheduler_job.this["forecast"].schedule == "0 2 * * *" && google_pubsub_subscription.live["jobs"].dead_letter_policy[0].max_delivery_attempts == 7
    error_message = "the schedule and the attempts follow the inputs"
  }
  assert {
    condition     = google_cloudfunctions2_function.this["jobs"].service_config[0].max_instance_count == 10
    error_message = "the functions scale as far as they may"
  }
  assert {
    condition     = local.settings.TREFOIL_CORS_ORIGINS == "https://app.example.com,https://other.example.com" && local.settings.TREFOIL_ISSUER == "https://login.example.com" && local.settings.TREFOIL_DEBUG == "auth,ingest" && local.settings.TREFOIL_FORECAST_SITES == "london:51.5072:-0.1276"
    error_message = "the functions' settings follow the inputs"
  }
  assert {
    condition     = google_compute_managed_ssl_certificate.site[0].managed[0].domains[0] == "app.example.com" && google_dns_record_set.site[0].name == "app.example.com." && google_compute_url_map.redirect[0].default_url_redirect[0].https_redirect
    error_message = "the domain has a certificate and its record, and speaks HTTPS only"
  }
  assert {
    condition     = google_cloud_run_v2_service.site.ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "behind a load balancer the web server has no door of its own"
  }
  assert {
    condition     = google_logging_project_bucket_config.this.retention_days == 365
    error_message = "logs are kept as long as asked"
  }
  assert {
    condition     = length(google_billing_budget.this[0].threshold_rules) == 2 && google_monitoring_notification_channel.email[0].labels.email_address == "ops@example.com"
    error_message = "somebody is told"
  }
  assert {
    condition     = local.settings.TREFOIL_MAIL == "smtps://trefoil@mail.example.com:465?password=file:///etc/trefoil-mail/password" && length(google_cloudfunctions2_function.this["jobs"].service_config[0].secret_volumes) == 2 && length(google_cloudfunctions2_function.this["api"].service_config[0].secret_volumes) == 1
    error_message = "only the worker has the password of the mail server"
  }
  assert {
    condition     = google_secret_manager_secret.mail[0].secret_id == "energy-test-mail-password" && google_secret_manager_secret_iam_member.mail[0].role == "roles/secretmanager.secretAccessor" && google_cloudfunctions2_function.this["jobs"].service_config[0].secret_volumes[1].mount_path == "/etc/trefoil-mail" && google_cloudfunctions2_function.this["jobs"].service_config[0].secret_volumes[1].secret == "energy-test-mail-password"
    error_message = "the password is a secret, read where the address of the server says"
  }
  assert {
    condition     = google_storage_bucket.this["state"].force_destroy && contains(keys(google_secret_manager_secret.this), "weather-token")
    error_message = "force_destroy and secret_names are heeded"
  }
  assert {
    condition     = local.tags.app == "energy" && local.tags.environment == "test" && local.tags.team == "energy"
    error_message = "labels are added to the standing ones"
  }
}

run "existing_bucket" {
  command = plan

  variables {
    existing_bucket = "acme-data-lake"
  }

  assert {
    condition     = toset(keys(google_storage_bucket.this)) == toset(["site", "packages"]) && google_storage_notification.objects["ingest"].bucket == "acme-data-lake"
    error_message = "the existing bucket is used, not another one made"
  }
  assert {
    condition     = local.settings.TREFOIL_STORE == "gs://acme-data-lake" && google_storage_bucket_iam_member.app["worker"].bucket == "acme-data-lake"
    error_message = "the functions work on the existing bucket"
  }
}
