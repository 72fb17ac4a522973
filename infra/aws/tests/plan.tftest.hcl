# What is planned, without an account: mocked providers.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias = "us_east_1"
}

mock_provider "time" {}

variables {
  account_id = "123456789012"
  region     = "eu-west-2"
}

run "minimal" {
  command = plan

  assert {
    condition     = alltrue([for one in aws_s3_bucket_public_access_block.this : one.block_public_acls && one.block_public_policy && one.ignore_public_acls && one.restrict_public_buckets])
    error_message = "no bucket may be public"
  }
  assert {
    condition     = toset(keys(aws_s3_bucket.this)) == toset(["state", "site", "packages"]) && !aws_s3_bucket.this["state"].force_destroy
    error_message = "three buckets, and the state is not destroyed with its data"
  }
  assert {
    condition     = aws_apigatewayv2_route.default.authorization_type == "CUSTOM" && one(aws_apigatewayv2_authorizer.this).authorizer_result_ttl_in_seconds == 0
    error_message = "the gateway asks the authorizer for every request"
  }
  assert {
    condition     = length(aws_acm_certificate.site) == 0 && length(aws_budgets_budget.this) == 0 && length(aws_sns_topic_subscription.alarms) == 0
    error_message = "what was not asked for is not made"
  }
  assert {
    condition     = length(aws_sesv2_email_identity.mail) == 0 && local.settings.TREFOIL_MAIL == "" && !strcontains(aws_iam_role_policy.app["worker"].policy, "ses:")
    error_message = "without an address nothing may send mails"
  }
  assert {
    condition     = aws_cloudfront_distribution.site.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https" && one(aws_cloudfront_distribution.site.custom_error_response).response_page_path == "/404.html"
    error_message = "the site speaks HTTPS and has an error page"
  }
}

run "all_inputs" {
  command = plan

  variables {
    name_prefix               = "energy"
    environment               = "test"
    domain_name               = "app.example.com"
    dns_zone                  = "Z0123456789"
    cors_allowed_origins      = ["https://other.example.com"]
    jwt_issuer                = "https://login.example.com"
    jwt_audience              = "energy"
    signing_key_version       = 2
    secret_names              = ["weather-token"]
    enable_gateway_authorizer = false
    schedule_cron             = { maintain = "*/15 8-18 * * MON-FRI" }
    forecast_sites            = { london = { latitude = 51.5072, longitude = -0.1276 } }
    forecast_url              = "https://weather.example.com/v1/forecast"
    function_memory_mb        = 4096
    http_timeout_seconds      = 20
    job_timeout_seconds       = 300
    max_instances             = 10
    max_delivery_attempts     = 7
    log_level                 = "WARNING"
    debug_namespaces          = ["ingest", "auth"]
    log_retention_days        = 365
    mail_from                 = "alerts@example.com"
    alarm_email               = "ops@example.com"
    monthly_budget            = 100
    force_destroy             = true
    tags                      = { team = "energy" }
  }

  assert {
    condition     = aws_lambda_function.this["api"].function_name == "energy-test-api" && aws_lambda_function.this["api"].timeout == 20
    error_message = "names and the requests' time-out follow the inputs"
  }
  assert {
    condition     = aws_lambda_function.this["jobs"].memory_size == 4096 && aws_lambda_function.this["jobs"].timeout == 300 && aws_lambda_function.this["forecast"].timeout == 60
    error_message = "memory and time-out of those that declare more follow the inputs"
  }
  assert {
    condition     = !contains(keys(aws_lambda_function.this), "authorizer") && aws_apigatewayv2_route.default.authorization_type == "NONE" && length(aws_apigatewayv2_authorizer.this) == 0
    error_message = "without the gateway's authorizer there is none"
  }
  assert {
    condition     = aws_scheduler_schedule.this["maintain"].schedule_expression == "cron(0/15 8-18 ? * MON-FRI *)" && aws_scheduler_schedule.this["forecast"].schedule_expression == "cron(0 2 * * ? *)"
    error_message = "a schedule follows the input, the others what they declare"
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this["ingest"].scaling_config[0].maximum_concurrency == 10
    error_message = "the queue's functions scale as far as they may"
  }
  assert {
    condition     = local.settings.TREFOIL_CORS_ORIGINS == "https://app.example.com,https://other.example.com" && local.settings.TREFOIL_ISSUER == "https://login.example.com" && local.settings.TREFOIL_DEBUG == "auth,ingest" && local.settings.TREFOIL_FORECAST_SITES == "london:51.5072:-0.1276"
    error_message = "the functions' settings follow the inputs"
  }
  assert {
    condition     = aws_cloudfront_distribution.site.aliases == toset(["app.example.com"]) && aws_acm_certificate.site[0].domain_name == "app.example.com" && length(aws_route53_record.site) == 2
    error_message = "the domain has a certificate and its records"
  }
  assert {
    condition     = alltrue([for one in aws_cloudwatch_log_group.function : one.retention_in_days == 365])
    error_message = "logs are kept as long as asked"
  }
  assert {
    condition     = length(aws_budgets_budget.this[0].notification) == 2 && aws_sns_topic_subscription.alarms[0].endpoint == "ops@example.com"
    error_message = "somebody is told"
  }
  assert {
    condition     = local.settings.TREFOIL_MAIL == "ses" && aws_sesv2_email_identity.mail[0].email_identity == "alerts@example.com" && !strcontains(aws_iam_role_policy.app["api"].policy, "ses:SendEmail") && strcontains(aws_iam_role_policy.app["worker"].policy, "ses:SendEmail")
    error_message = "only the worker may send mails"
  }
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.app["worker"].policy).Statement : one if strcontains(jsonencode(one), "ses:")] == [{
      Effect    = "Allow"
      Action    = "ses:SendEmail"
      Resource  = ["arn:aws:ses:eu-west-2:123456789012:identity/*"]
      Condition = { StringEquals = { "ses:FromAddress" = "alerts@example.com" } }
    }]
    error_message = "it sends from the given address alone, by this account in this region"
  }
  assert {
    condition     = aws_s3_bucket.this["state"].force_destroy && aws_ssm_parameter.other["weather-token"].name == "/energy-test/weather-token"
    error_message = "force_destroy and secret_names are heeded"
  }
  assert {
    condition     = local.tags.app == "energy" && local.tags.environment == "test" && local.tags.team == "energy"
    error_message = "tags are added to the standing ones"
  }
}

run "existing_bucket" {
  command = plan

  variables {
    existing_bucket = "acme-data-lake"
  }

  assert {
    condition     = toset(keys(aws_s3_bucket.this)) == toset(["site", "packages"]) && aws_s3_bucket_notification.state.bucket == "acme-data-lake"
    error_message = "the existing bucket is used, not another one made"
  }
  assert {
    condition     = local.settings.TREFOIL_STORE == "s3://acme-data-lake" && strcontains(aws_iam_role_policy.app["worker"].policy, "arn:aws:s3:::acme-data-lake/*")
    error_message = "the functions work on the existing bucket"
  }
}

run "new_account" {
  command = plan

  override_data {
    target = data.aws_servicequotas_service_quota.concurrency
    values = { value = 10 }
  }

  expect_failures = [check.concurrency] # a warning: the account takes it
}

run "new_account_with_few_instances" {
  command = plan

  override_data {
    target = data.aws_servicequotas_service_quota.concurrency
    values = { value = 10 }
  }
  variables {
    max_instances = 2
  }

  assert {
    condition     = alltrue([for one in aws_lambda_function.this : one.memory_size <= 3008])
    error_message = "what is declared fits a new account"
  }
}

run "new_account_with_more_memory_than_it_has" {
  command = plan

  override_data {
    target = data.aws_servicequotas_service_quota.concurrency
    values = { value = 10 }
  }
  variables {
    function_memory_mb = 4096
    max_instances      = 2
  }

  expect_failures = [aws_lambda_function.this]
}
