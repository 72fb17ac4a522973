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

run "refused_1" {
  command = plan

  variables {
    account_id            = "12345"
    region                = "Middle Earth"
    name_prefix           = "ab"
    environment           = "p"
    package_dir           = "no-such-folder"
    site_dir              = "no-such-folder"
    cors_allowed_origins  = ["app.example.com"]
    jwt_issuer            = "http://example.com"
    jwt_audience          = " "
    signing_key           = "secret"
    signing_key_version   = 0
    secret_names          = ["Token"]
    schedule_cron         = { nobody = "0 2 * * *" }
    function_settings     = { lower = "x" }
    forecast_sites        = { London = { latitude = 51, longitude = 0 } }
    forecast_url          = "api.open-meteo.com"
    function_memory_mb    = 1000
    http_timeout_seconds  = 30
    job_timeout_seconds   = 541
    max_instances         = 1
    max_delivery_attempts = 4
    log_level             = "TRACE"
    debug_namespaces      = ["INGEST"]
    log_retention_days    = 31
    mail_from             = "alerts"
    mail_server           = "smtps://user@mail.example.com"
    alarm_email           = "ops"
    tags                  = { Team = "energy" }
  }

  expect_failures = [var.account_id, var.region, var.name_prefix, var.environment, var.package_dir, var.site_dir, var.cors_allowed_origins, var.jwt_issuer, var.jwt_audience, var.signing_key, var.signing_key_version, var.secret_names, var.schedule_cron, var.function_settings, var.forecast_sites, var.forecast_url, var.function_memory_mb, var.http_timeout_seconds, var.job_timeout_seconds, var.max_instances, var.max_delivery_attempts, var.log_level, var.debug_namespaces, var.log_retention_days, var.mail_from, var.alarm_email, var.tags]
}

run "refused_2" {
  command = plan

  variables {
    name_prefix           = "Trefoil"
    environment           = "prod-2"
    cors_allowed_origins  = ["https://app.example.com/"]
    signing_key_version   = 1.5
    secret_names          = ["signing-key"]
    schedule_cron         = { settle_monthly = "2 am" }
    function_settings     = { TREFOIL_STORE = "x" }
    forecast_sites        = { london = { latitude = 151, longitude = 0 } }
    max_delivery_attempts = 101
    mail_from             = "alerts@Example.com"
    mail_server           = "smtps://user@mail.example.com"
    tags                  = { team = "Energy!" }
  }

  expect_failures = [var.name_prefix, var.environment, var.cors_allowed_origins, var.signing_key_version, var.secret_names, var.schedule_cron, var.function_settings, var.forecast_sites, var.max_delivery_attempts, var.mail_from, var.tags]
}

run "refused_3" {
  command = plan

  variables {
    name_prefix   = "averylongprefix"
    schedule_cron = { settle_monthly = "0 24 * * *" }
  }

  expect_failures = [var.name_prefix, var.schedule_cron]
}

run "refused_4" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "0 2 * * 1" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_5" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "0 0 2 * * *" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_6" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "0 2 1 * MON" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_7" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "*/90 2 * * *" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_8" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "0 22-2 * * *" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_9" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "0 2 * * FRI-MON" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_10" {
  command = plan

  variables {
    schedule_cron = { settle_monthly = "0 2 31 2 *" }
  }

  expect_failures = [var.schedule_cron]
}

run "refused_11" {
  command = plan

  variables {
    domain_name = "https://example.com"
    dns_zone    = "Z123"
  }

  expect_failures = [var.domain_name]
}

run "refused_12" {
  command = plan

  variables {
    domain_name = "app.example.com"
  }

  expect_failures = [var.domain_name]
}

run "refused_13" {
  command = plan

  variables {
    functions_file = "no-such-file.json"
  }

  expect_failures = [var.functions_file]
}

run "refused_14" {
  command = plan

  variables {
    mail_server = "mail.example.com"
  }

  expect_failures = [var.mail_server]
}

run "refused_15" {
  command = plan

  variables {
    mail_server = "smtps://user:password@mail.example.com"
  }

  expect_failures = [var.mail_server]
}

run "refused_16" {
  command = plan

  variables {
    mail_server = "smtp://user@mail.example.com"
  }

  expect_failures = [var.mail_server]
}

run "refused_17" {
  command = plan

  variables {
    monthly_budget  = 0
    alarm_email     = "ops@example.com"
    budget_start    = "2030-01-01"
    billing_account = "012345-6789AB-CDEF01"
  }

  expect_failures = [var.monthly_budget]
}

run "refused_18" {
  command = plan

  variables {
    monthly_budget  = 100
    budget_start    = "2030-01-01"
    billing_account = "012345-6789AB-CDEF01"
  }

  expect_failures = [var.monthly_budget]
}

run "refused_19" {
  command = plan

  variables {
    budget_start = "2030-01-02"
  }

  expect_failures = [var.budget_start]
}

run "refused_20" {
  command = plan

  variables {
    billing_account = "012345"
  }

  expect_failures = [var.billing_account]
}
