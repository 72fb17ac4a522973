locals {
  cloud = {
    provider                     = "aws"
    account_pattern              = "^[0-9]{12}$"
    account_example              = "an AWS account, 12 digits"
    region_pattern               = "^(af|ap|ca|eu|il|me|mx|sa|us)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[0-9]$"
    region_example               = "eu-west-2"
    budget_needs_start           = false
    budget_needs_billing_account = false
  }

  name = "${var.name_prefix}-${var.environment}"
  tags = merge(var.tags, { app = var.name_prefix, environment = var.environment })

  # The function set, as core declares it; a function added there is made here.
  functions = {
    for name, one in jsondecode(file("${path.module}/../functions.json")) : name => merge(one, {
      app     = contains(["http", "authorizer"], one.trigger) ? "api" : "worker"
      module  = { http = "http", authorizer = "authorizer", object = "objects", queue = "queue", schedule = "schedule" }[one.trigger]
      memory  = one.memory_mb > 512 ? var.function_memory_mb : one.memory_mb
      timeout = min(one.timeout_s, one.trigger == "http" ? var.http_timeout_seconds : var.job_timeout_seconds)
    }) if one.trigger != "authorizer" || var.enable_gateway_authorizer
  }
  scheduled = { for name, one in local.functions : name => one if one.trigger == "schedule" }

  # A queue for each function that takes objects or jobs. `bury_*` listen to the dead-letter queues of these.
  queues = {
    for name, one in local.functions : one.trigger == "object" ? name : one.source => one
    if one.trigger == "object" || (one.trigger == "queue" && !endswith(one.source, "-dead"))
  }
  consumers = { for name, one in local.functions : name => one if contains(["object", "queue"], one.trigger) }
  apps      = toset([for one in values(local.functions) : one.app])

  api_url  = aws_apigatewayv2_api.this.api_endpoint
  site_url = "https://${coalesce(var.domain_name, aws_cloudfront_distribution.site.domain_name)}"
  origins  = sort(concat([local.site_url], tolist(var.cors_allowed_origins)))
  bucket   = coalesce(var.existing_bucket, try(aws_s3_bucket.this["state"].id, null))
  # Not the resource's attribute: policies must be known, and readable, before it is made.
  bucket_arn = "arn:aws:s3:::${coalesce(var.existing_bucket, local.bucket_names.state)}"
  package    = "${var.package_dir}/aws.zip"

  settings = {
    TREFOIL_STORE          = "s3://${local.bucket}"
    TREFOIL_ISSUER         = coalesce(var.jwt_issuer, local.api_url)
    TREFOIL_AUDIENCE       = var.jwt_audience
    TREFOIL_SIGNING_KEY    = "ssm:${aws_ssm_parameter.signing_key.name}"
    TREFOIL_CORS_ORIGINS   = join(",", local.origins)
    TREFOIL_LOG_LEVEL      = var.log_level
    TREFOIL_DEBUG          = join(",", sort(tolist(var.debug_namespaces)))
    TREFOIL_JOBS_QUEUE     = aws_sqs_queue.live["jobs"].url
    TREFOIL_FORECAST_URL   = var.forecast_url
    TREFOIL_FORECAST_SITES = join(",", [for name, site in var.forecast_sites : "${name}:${site.latitude}:${site.longitude}"])
  }

  outputs = {
    site_url             = local.site_url
    api_url              = local.api_url
    jwks_url             = "${local.api_url}/.well-known/jwks.json"
    store_url            = local.settings.TREFOIL_STORE
    ingest_bucket        = local.bucket
    queue_id             = aws_sqs_queue.live["jobs"].url
    dead_letter_queue_id = aws_sqs_queue.dead["jobs"].url
    secret_ids           = merge({ signing-key = aws_ssm_parameter.signing_key.name }, { for name, one in aws_ssm_parameter.other : name => one.name })
    function_names       = { for name, one in aws_lambda_function.this : name => one.function_name }
    identities           = { for app, role in aws_iam_role.app : app => role.arn }
    dashboard_url        = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
    alarm_ids            = { for name, one in aws_cloudwatch_metric_alarm.this : name => one.arn }
  }
}
