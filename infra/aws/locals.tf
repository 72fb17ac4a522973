module "functions" {
  source = "../modules/functions"

  file                  = var.functions_file
  name                  = local.name
  gateway_authorizer    = var.enable_gateway_authorizer
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
  store_url = "https://${local.bucket}.s3.${var.region}.amazonaws.com"
}

locals {
  cloud = {
    provider                     = "aws"
    account_pattern              = "^[0-9]{12}$"
    account_example              = "an AWS account, 12 digits"
    region_pattern               = "^(af|ap|ca|eu|il|me|mx|sa|us)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[0-9]$"
    region_example               = "eu-west-2"
    budget_needs_start           = false
    budget_needs_billing_account = false
    mail_needs_server            = false
  }

  name = "${var.name_prefix}-${var.environment}"
  tags = merge(var.tags, { app = var.name_prefix, environment = var.environment })

  functions = module.functions.all
  queues    = module.functions.queues
  apps      = module.functions.apps

  api_url  = aws_apigatewayv2_api.this.api_endpoint
  site_url = "https://${coalesce(var.domain_name, aws_cloudfront_distribution.site.domain_name)}"
  origins  = sort(concat([local.site_url], tolist(var.cors_allowed_origins)))
  bucket   = coalesce(var.existing_bucket, try(aws_s3_bucket.this["state"].id, null))
  # Not the resource's attribute: policies must be known, and readable, before it is made.
  bucket_arn = "arn:aws:s3:::${coalesce(var.existing_bucket, local.bucket_names.state)}"
  package    = "${var.package_dir}/aws.zip"

  settings = merge(var.function_settings, {
    TREFOIL_FUNCTIONS      = module.functions.set
    TREFOIL_SCHEDULES      = module.functions.schedules
    TREFOIL_STORE          = "s3://${local.bucket}"
    TREFOIL_ISSUER         = coalesce(var.jwt_issuer, local.api_url)
    TREFOIL_AUDIENCE       = var.jwt_audience
    TREFOIL_SIGNING_KEY    = "ssm:${aws_ssm_parameter.signing_key.name}"
    TREFOIL_CORS_ORIGINS   = join(",", local.origins)
    TREFOIL_LOG_LEVEL      = var.log_level
    TREFOIL_DEBUG          = join(",", sort(tolist(var.debug_namespaces)))
    TREFOIL_QUEUES         = trimsuffix(aws_sqs_queue.schedule_dead.url, "schedule-dead") # what all of them begin with
    TREFOIL_WORKFLOWS      = local.state_machines
    TREFOIL_MAIL           = var.mail_from == "" ? "" : "ses"
    TREFOIL_MAIL_FROM      = var.mail_from
    TREFOIL_SITE           = local.site_url
    TREFOIL_FORECAST_URL   = var.forecast_url
    TREFOIL_FORECAST_SITES = join(",", [for name, site in var.forecast_sites : "${name}:${site.latitude}:${site.longitude}"])
  })

  outputs = {
    site_url              = local.site_url
    api_url               = local.api_url
    jwks_url              = "${local.api_url}/.well-known/jwks.json"
    store_url             = local.settings.TREFOIL_STORE
    ingest_bucket         = local.bucket
    queue_ids             = { for name, one in aws_sqs_queue.live : name => one.url }
    dead_letter_queue_ids = { for name, one in aws_sqs_queue.dead : name => one.url }
    secret_ids            = merge({ signing-key = aws_ssm_parameter.signing_key.name }, { for name, one in aws_ssm_parameter.other : name => one.name })
    function_names        = { for name, one in aws_lambda_function.this : name => one.function_name }
    identities            = { for app, role in aws_iam_role.app : app => role.arn }
    dashboard_url         = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
    alarm_ids             = { for name, one in aws_cloudwatch_metric_alarm.this : name => one.arn }
  }
}
