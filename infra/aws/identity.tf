# Two identities: the app `api` answers requests, the app `worker` does everything else.

locals {
  log_group_names = { for name, one in local.functions : name => "/aws/lambda/${one.cloud}" }
  arn_prefix      = "${var.region}:${var.account_id}"
  queue_names     = { for name in keys(local.queues) : name => "${local.name}-${name}" }

  everybodys = {
    for app in local.apps : app => [
      {
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"] # not CreateLogGroup: a group that was deleted stays so
        Resource = [
          for name, one in local.functions : "arn:aws:logs:${local.arn_prefix}:log-group:${local.log_group_names[name]}:*" if one.app == app
        ]
      },
      {
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*" # wildcard: X-Ray has no resources to name
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
        Resource = local.bucket_arn
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = "${local.bucket_arn}/*" # wildcard: the objects of this bucket, which is the store
      },
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = [for name in concat(["signing-key"], tolist(var.secret_names)) : "arn:aws:ssm:${local.arn_prefix}:parameter/${local.name}/${name}"]
      },
      {
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = [for name, one in local.queues : "arn:aws:sqs:${local.arn_prefix}:${local.queue_names[name]}" if one.trigger == "queue"]
      },
    ]
  }
  workers = [
    {
      Effect = "Allow"
      Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
      Resource = flatten([
        for name in values(local.queue_names) : ["arn:aws:sqs:${local.arn_prefix}:${name}", "arn:aws:sqs:${local.arn_prefix}:${name}-dead"]
      ])
    },
    {
      Effect   = "Allow"
      Action   = "sqs:SendMessage" # where Lambda puts a firing of the schedule that failed
      Resource = "arn:aws:sqs:${local.arn_prefix}:${local.name}-schedule-dead"
    },
    {
      Effect   = "Allow"
      Action   = "states:StartExecution"
      Resource = [for name in keys(local.steps) : "${local.state_machines}${name}"]
    },
    {
      Effect    = "Allow"
      Action    = "ses:SendEmail"
      Resource  = var.mail_from == "" ? [] : ["arn:aws:ses:${local.arn_prefix}:identity/*"] # wildcard: in the sandbox the reader's address is one, too
      Condition = { StringEquals = { "ses:FromAddress" = var.mail_from } }
    },
  ]
}

resource "aws_iam_role" "app" {
  for_each = local.apps

  name = "${local.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "app" {
  for_each = local.apps

  name = "own"
  role = aws_iam_role.app[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for one in concat(local.everybodys[each.key], [for one in local.workers : one if each.key == "worker"]) :
      one if length(flatten([one.Resource])) > 0 # a set without queues has none to name
    ]
  })
}

resource "aws_iam_role" "scheduler" {
  name = "${local.name}-scheduler"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "own"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for one in [
      {
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [for one in values(module.functions.scheduled) : "arn:aws:lambda:${local.arn_prefix}:function:${one.cloud}:live"]
      },
      {
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = ["arn:aws:sqs:${local.arn_prefix}:${local.name}-schedule-dead"]
      },
    ] : one if length(one.Resource) > 0]
  })
}
