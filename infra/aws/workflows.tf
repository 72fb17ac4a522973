# The workflows of the function set: state machines whose tasks their functions do. What runs is written from the
# declaration (nox -s workflow -- write); a run that has begun goes on by the definition that it began with.

locals {
  steps              = { for name, one in local.functions : name => one if one.trigger == "step" }
  state_machines     = "arn:aws:states:${local.arn_prefix}:stateMachine:${local.name}-"
  workflow_log_names = { for name in keys(local.steps) : name => "/aws/vendedlogs/states/${local.name}-${name}" }
}

resource "aws_sfn_state_machine" "this" {
  for_each = local.steps

  name     = "${local.name}-${each.key}"
  role_arn = aws_iam_role.workflow[each.key].arn
  definition = replace(
    file("${dirname(var.functions_file)}/workflows/${each.key}.asl.json"), "$${function}", aws_lambda_alias.live[each.key].arn
  )

  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.workflow[each.key].arn}:*"
    level                  = "ERROR"
    include_execution_data = false # what is in a run is the store's
  }

  tracing_configuration {
    enabled = true
  }

  # A machine is tried out by AWS when it is made: its role must hold by then.
  depends_on = [time_sleep.workflows]
}

resource "aws_cloudwatch_log_group" "workflow" {
  for_each = local.steps

  name              = local.workflow_log_names[each.key]
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "workflow" {
  for_each = local.steps

  name = "${local.name}-${replace(each.key, "_", "-")}-runs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "workflow" {
  for_each = local.steps

  name = "own"
  role = aws_iam_role.workflow[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = "arn:aws:lambda:${local.arn_prefix}:function:${each.value.cloud}:live"
      },
      {
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        ]
        Resource = "*" # wildcard: deliveries of logs have no resources to name
      },
      {
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
        Resource = "*" # wildcard: X-Ray has no resources to name
      },
    ]
  })
}

resource "time_sleep" "workflows" {
  create_duration = "15s"
  triggers        = { for name, one in aws_iam_role_policy.workflow : name => one.id }
}

# A run that broke, and not one that found something missing: its end is logged so.
resource "aws_cloudwatch_log_metric_filter" "runs" {
  for_each = local.steps

  name           = "${each.value.cloud}-runs"
  log_group_name = aws_cloudwatch_log_group.function[each.key].name
  pattern        = "{ $.logger = \"trefoil.workflow\" && $.message = \"run broke\" }"

  metric_transformation {
    name      = local.broken["runs-${each.key}"].metric
    namespace = local.broken["runs-${each.key}"].namespace
    value     = "1"
  }
}
