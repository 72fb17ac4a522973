# A Lambda function for each of the function set, all from one package.

# What the account may run at once, in this region. A new account has 10 (some have 50), and no function of more than 3,008 MB;
# AWS raises both as they are used. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
data "aws_servicequotas_service_quota" "concurrency" {
  service_code = "lambda"
  quota_code   = "L-B99A9384"
}

locals {
  concurrency   = data.aws_servicequotas_service_quota.concurrency.value
  ask_for_quota = "aws service-quotas request-service-quota-increase --region ${var.region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
}

check "concurrency" {
  assert {
    condition     = length(module.functions.consumers) * var.max_instances < local.concurrency
    error_message = "This account runs ${local.concurrency} functions at once. ${length(module.functions.consumers)} queues may take max_instances = ${var.max_instances} each, and leave none to the API in a burst: lower max_instances, or ask for more: ${local.ask_for_quota}"
  }
}

resource "aws_s3_object" "package" {
  bucket      = aws_s3_bucket.this["packages"].id
  key         = "aws-${substr(filesha256(local.package), 0, 16)}.zip" # a new name, so that a new package is seen
  source      = local.package
  source_hash = filesha256(local.package)
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name    = each.value.cloud
  description      = each.value.description
  role             = aws_iam_role.app[each.value.app].arn
  s3_bucket        = aws_s3_bucket.this["packages"].id
  s3_key           = aws_s3_object.package.key
  source_code_hash = filebase64sha256(local.package)
  runtime          = "python3.13"
  architectures    = ["x86_64"]
  handler          = "adapters.aws.main.${each.key}"
  memory_size      = each.value.memory
  timeout          = each.value.timeout
  publish          = true

  environment {
    variables = local.settings
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    log_format            = "JSON"
    application_log_level = "DEBUG" # what is logged is decided by TREFOIL_LOG_LEVEL and TREFOIL_DEBUG
    system_log_level      = "WARN"
  }

  tracing_config {
    mode = "Active"
  }

  # A function that starts before it may log or read would fail its first calls.
  depends_on = [aws_iam_role_policy.app]

  lifecycle {
    precondition {
      condition     = each.value.memory <= 3008 || local.concurrency > 50
      error_message = "${each.key} is to have ${each.value.memory} MB, and a new account (this one runs ${local.concurrency} functions at once) gives none more than 3,008: set function_memory_mb = 2048, or have the quotas raised first: ${local.ask_for_quota}"
    }
  }
}

# What calls the functions calls this, so that an earlier version can be put back in one step.
resource "aws_lambda_alias" "live" {
  for_each = aws_lambda_function.this

  name             = "live"
  function_name    = each.value.function_name
  function_version = each.value.version
}
