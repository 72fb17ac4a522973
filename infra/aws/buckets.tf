# Three private buckets: the state, the site, and the packages that functions are made from.

locals {
  bucket_names = { for kind in ["state", "site", "packages"] : kind => "${local.name}-${kind}-${var.account_id}" }
  buckets      = { for kind, name in local.bucket_names : kind => name if kind != "state" || var.existing_bucket == null }

  only_tls = {
    for kind, name in local.buckets : kind => {
      Sid       = "OnlyEncryptedConnections"
      Effect    = "Deny"
      Principal = "*" # nobody, whoever it is
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${name}", "arn:aws:s3:::${name}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }
  site_readers = [{
    Sid       = "CloudFront"
    Effect    = "Allow"
    Principal = { Service = "cloudfront.amazonaws.com" }
    Action    = ["s3:GetObject", "s3:ListBucket"]                                                        # with the list, a missing file is 404 and not 403
    Resource  = ["arn:aws:s3:::${local.bucket_names.site}", "arn:aws:s3:::${local.bucket_names.site}/*"] # wildcard: the site's files
    Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.site.arn } }
  }]
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  bucket        = each.value
  force_destroy = each.key == "state" ? var.force_destroy : true # the others hold nothing that can't be made again
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.only_tls[each.key]], [for one in local.site_readers : one if each.key == "site"])
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "what-was-replaced"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "uploads-cut-off"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

# Browsers upload to and download from the store itself, with signed URLs.
resource "aws_s3_bucket_cors_configuration" "state" {
  bucket = local.bucket

  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = local.origins
    allowed_headers = ["content-type", "if-none-match"]
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}

# What goes first when everything is destroyed, and stops whoever did not mean it before anything is gone.
resource "terraform_data" "keep_state" {
  count = var.existing_bucket == null ? 1 : 0

  input = { force_destroy = var.force_destroy, bucket = local.bucket_names.state }

  provisioner "local-exec" {
    when    = destroy
    command = "${self.input.force_destroy} || { echo '${self.input.bucket} may hold data: apply with force_destroy = true first' >&2; exit 1; }"
  }

  # Everything there is, so that all of it waits.
  depends_on = [
    aws_acm_certificate.site, aws_acm_certificate_validation.site, aws_apigatewayv2_api.this,
    aws_apigatewayv2_authorizer.this, aws_apigatewayv2_integration.api, aws_apigatewayv2_route.default,
    aws_apigatewayv2_route.login, aws_apigatewayv2_stage.default, aws_budgets_budget.this,
    aws_cloudfront_distribution.site, aws_cloudfront_function.deep_links, aws_cloudfront_origin_access_control.site,
    aws_cloudfront_response_headers_policy.site, aws_cloudwatch_dashboard.this, aws_cloudwatch_log_group.function,
    aws_cloudwatch_log_group.gateway, aws_cloudwatch_log_group.workflow, aws_cloudwatch_log_metric_filter.letters,
    aws_cloudwatch_log_metric_filter.runs, aws_cloudwatch_metric_alarm.this, aws_iam_role.app, aws_iam_role.scheduler,
    aws_iam_role.workflow, aws_iam_role_policy.app, aws_iam_role_policy.scheduler, aws_iam_role_policy.workflow,
    aws_lambda_alias.live, aws_lambda_event_source_mapping.this, aws_lambda_function.this,
    aws_lambda_function_event_invoke_config.scheduled, aws_lambda_permission.gateway, aws_route53_record.certificate,
    aws_route53_record.site, aws_s3_bucket.this, aws_s3_bucket_cors_configuration.state,
    aws_s3_bucket_lifecycle_configuration.this, aws_s3_bucket_notification.state,
    aws_s3_bucket_ownership_controls.this, aws_s3_bucket_policy.this, aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this, aws_s3_bucket_versioning.this, aws_s3_object.config,
    aws_s3_object.package, aws_s3_object.site, aws_scheduler_schedule.this, aws_scheduler_schedule_group.this,
    aws_sesv2_email_identity.mail, aws_sfn_state_machine.this, aws_sns_topic.alarms, aws_sns_topic_subscription.alarms,
    aws_sqs_queue.dead, aws_sqs_queue.live, aws_sqs_queue.schedule_dead, aws_sqs_queue_policy.objects,
    aws_sqs_queue_redrive_allow_policy.dead, aws_ssm_parameter.other, aws_ssm_parameter.signing_key,
    terraform_data.signing_key, time_sleep.objects, time_sleep.workflows,
  ]
}
