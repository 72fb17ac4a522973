# A Lambda function for each of the function set, all from one package.

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
}

# What calls the functions calls this, so that an earlier version can be put back in one step.
resource "aws_lambda_alias" "live" {
  for_each = aws_lambda_function.this

  name             = "live"
  function_name    = each.value.function_name
  function_version = each.value.version
}
