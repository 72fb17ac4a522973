# Written by tools/infra.py from infra/interface.json: change that.

mock_provider "google" {}

mock_provider "google" {
  alias = "billing"
}

mock_provider "time" {}

variables {
  account_id = "trefoil-test-1234"
  region     = "europe-west2"
}

run "account_id_1" {
  command = plan

  variables {
    account_id = "12345"
  }

  expect_failures = [var.account_id]
}

run "region_1" {
  command = plan

  variables {
    region = "Middle Earth"
  }

  expect_failures = [var.region]
}

run "name_prefix_1" {
  command = plan

  variables {
    name_prefix = "ab"
  }

  expect_failures = [var.name_prefix]
}

run "name_prefix_2" {
  command = plan

  variables {
    name_prefix = "Trefoil"
  }

  expect_failures = [var.name_prefix]
}

run "name_prefix_3" {
  command = plan

  variables {
    name_prefix = "averylongprefix"
  }

  expect_failures = [var.name_prefix]
}

run "environment_1" {
  command = plan

  variables {
    environment = "p"
  }

  expect_failures = [var.environment]
}

run "environment_2" {
  command = plan

  variables {
    environment = "prod-2"
  }

  expect_failures = [var.environment]
}

run "domain_name_1" {
  command = plan

  variables {
    domain_name = "https://example.com"
    dns_zone    = "Z123"
  }

  expect_failures = [var.domain_name]
}

run "domain_name_2" {
  command = plan

  variables {
    domain_name = "app.example.com"
  }

  expect_failures = [var.domain_name]
}

run "package_dir_1" {
  command = plan

  variables {
    package_dir = "no-such-folder"
  }

  expect_failures = [var.package_dir]
}

run "site_dir_1" {
  command = plan

  variables {
    site_dir = "no-such-folder"
  }

  expect_failures = [var.site_dir]
}

run "cors_allowed_origins_1" {
  command = plan

  variables {
    cors_allowed_origins = ["app.example.com"]
  }

  expect_failures = [var.cors_allowed_origins]
}

run "cors_allowed_origins_2" {
  command = plan

  variables {
    cors_allowed_origins = ["https://app.example.com/"]
  }

  expect_failures = [var.cors_allowed_origins]
}

run "jwt_issuer_1" {
  command = plan

  variables {
    jwt_issuer = "http://example.com"
  }

  expect_failures = [var.jwt_issuer]
}

run "jwt_audience_1" {
  command = plan

  variables {
    jwt_audience = " "
  }

  expect_failures = [var.jwt_audience]
}

run "signing_key_1" {
  command = plan

  variables {
    signing_key = "secret"
  }

  expect_failures = [var.signing_key]
}

run "signing_key_version_1" {
  command = plan

  variables {
    signing_key_version = 0
  }

  expect_failures = [var.signing_key_version]
}

run "signing_key_version_2" {
  command = plan

  variables {
    signing_key_version = 1.5
  }

  expect_failures = [var.signing_key_version]
}

run "secret_names_1" {
  command = plan

  variables {
    secret_names = ["Token"]
  }

  expect_failures = [var.secret_names]
}

run "secret_names_2" {
  command = plan

  variables {
    secret_names = ["signing-key"]
  }

  expect_failures = [var.secret_names]
}

run "schedule_cron_1" {
  command = plan

  variables {
    schedule_cron = "2 am"
  }

  expect_failures = [var.schedule_cron]
}

run "schedule_cron_2" {
  command = plan

  variables {
    schedule_cron = "0 24 * * *"
  }

  expect_failures = [var.schedule_cron]
}

run "schedule_cron_3" {
  command = plan

  variables {
    schedule_cron = "0 2 * * 1"
  }

  expect_failures = [var.schedule_cron]
}

run "schedule_cron_4" {
  command = plan

  variables {
    schedule_cron = "0 0 2 * * *"
  }

  expect_failures = [var.schedule_cron]
}

run "forecast_sites_1" {
  command = plan

  variables {
    forecast_sites = { London = { latitude = 51, longitude = 0 } }
  }

  expect_failures = [var.forecast_sites]
}

run "forecast_sites_2" {
  command = plan

  variables {
    forecast_sites = { london = { latitude = 151, longitude = 0 } }
  }

  expect_failures = [var.forecast_sites]
}

run "forecast_url_1" {
  command = plan

  variables {
    forecast_url = "api.open-meteo.com"
  }

  expect_failures = [var.forecast_url]
}

run "function_memory_mb_1" {
  command = plan

  variables {
    function_memory_mb = 1000
  }

  expect_failures = [var.function_memory_mb]
}

run "http_timeout_seconds_1" {
  command = plan

  variables {
    http_timeout_seconds = 30
  }

  expect_failures = [var.http_timeout_seconds]
}

run "job_timeout_seconds_1" {
  command = plan

  variables {
    job_timeout_seconds = 541
  }

  expect_failures = [var.job_timeout_seconds]
}

run "max_instances_1" {
  command = plan

  variables {
    max_instances = 1
  }

  expect_failures = [var.max_instances]
}

run "max_delivery_attempts_1" {
  command = plan

  variables {
    max_delivery_attempts = 4
  }

  expect_failures = [var.max_delivery_attempts]
}

run "max_delivery_attempts_2" {
  command = plan

  variables {
    max_delivery_attempts = 101
  }

  expect_failures = [var.max_delivery_attempts]
}

run "log_level_1" {
  command = plan

  variables {
    log_level = "TRACE"
  }

  expect_failures = [var.log_level]
}

run "debug_namespaces_1" {
  command = plan

  variables {
    debug_namespaces = ["INGEST"]
  }

  expect_failures = [var.debug_namespaces]
}

run "log_retention_days_1" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "alarm_email_1" {
  command = plan

  variables {
    alarm_email = "ops"
  }

  expect_failures = [var.alarm_email]
}

run "monthly_budget_1" {
  command = plan

  variables {
    monthly_budget  = 0
    alarm_email     = "ops@example.com"
    budget_start    = "2030-01-01"
    billing_account = "012345-6789AB-CDEF01"
  }

  expect_failures = [var.monthly_budget]
}

run "monthly_budget_2" {
  command = plan

  variables {
    monthly_budget  = 100
    budget_start    = "2030-01-01"
    billing_account = "012345-6789AB-CDEF01"
  }

  expect_failures = [var.monthly_budget]
}

run "budget_start_1" {
  command = plan

  variables {
    budget_start = "2030-01-02"
  }

  expect_failures = [var.budget_start]
}

run "billing_account_1" {
  command = plan

  variables {
    billing_account = "012345"
  }

  expect_failures = [var.billing_account]
}

run "tags_1" {
  command = plan

  variables {
    tags = { Team = "energy" }
  }

  expect_failures = [var.tags]
}

run "tags_2" {
  command = plan

  variables {
    tags = { team = "Energy!" }
  }

  expect_failures = [var.tags]
}
