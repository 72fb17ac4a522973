# Queues with their dead-letter queues, what fills them and what they call.

resource "aws_sqs_queue" "dead" {
  for_each = local.queues

  name                       = "${local.queue_names[each.key]}-dead"
  message_retention_seconds  = 14 * 24 * 3600
  visibility_timeout_seconds = 6 * 60
  sqs_managed_sse_enabled    = true
}

resource "aws_sqs_queue" "live" {
  for_each = local.queues

  name                       = local.queue_names[each.key]
  message_retention_seconds  = 7 * 24 * 3600
  visibility_timeout_seconds = 6 * each.value.timeout # what AWS asks for
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[each.key].arn
    maxReceiveCount     = each.value.attempts
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  for_each = local.queues

  queue_url            = aws_sqs_queue.dead[each.key].id
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.live[each.key].arn] })
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each = module.functions.consumers

  function_name           = aws_lambda_alias.live[each.key].arn
  event_source_arn        = each.value.trigger == "dead" ? aws_sqs_queue.dead[each.value.queue].arn : aws_sqs_queue.live[each.value.queue].arn
  batch_size              = each.value.together ? 10 : 1 # where one is handled by itself, it holds up no other
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.max_instances
  }
}

# Object created -> queue. S3 tries the queue's policy when this is made.
resource "aws_sqs_queue_policy" "objects" {
  for_each = { for name, one in local.queues : name => one if one.trigger == "object" }

  queue_url = aws_sqs_queue.live[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.live[each.key].arn
      Condition = { ArnEquals = { "aws:SourceArn" = local.bucket_arn }, StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

# A policy holds within a minute, and what S3 then refuses the provider does not try again.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
resource "time_sleep" "objects" {
  create_duration = "60s"
  triggers        = { for name, one in aws_sqs_queue_policy.objects : name => one.id }
}

resource "aws_s3_bucket_notification" "state" {
  bucket = local.bucket

  dynamic "queue" {
    for_each = aws_sqs_queue_policy.objects
    content {
      id            = queue.key
      queue_arn     = aws_sqs_queue.live[queue.key].arn
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = local.queues[queue.key].source
    }
  }

  depends_on = [time_sleep.objects]
}
