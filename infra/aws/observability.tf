# Logs, alarms, a dashboard and a budget.

locals {
  errors = {
    for name, one in local.functions : "errors-${name}" => {
      description = "${name} failed"
      namespace   = "AWS/Lambda", metric = "Errors", statistic = "Sum"
      dimensions  = { FunctionName = one.cloud }
    } if one.trigger != "step" # which fails to tell its workflow something
  }
  throttles = {
    for name, one in local.functions : "throttles-${name}" => {
      description = "${name} was refused an instance"
      namespace   = "AWS/Lambda", metric = "Throttles", statistic = "Sum"
      dimensions  = { FunctionName = one.cloud }
    }
  }
  # The dead-letter queues themselves are emptied by bury_*: their letters are counted in what that logs.
  letters = {
    dead-letters = {
      description = "Something failed too often"
      namespace   = local.name, metric = "DeadLetters", statistic = "Sum"
      dimensions  = {}
    }
  }
  stuck = {
    for name in concat([for name in values(local.queue_names) : "${name}-dead"], ["${local.name}-schedule-dead"]) :
    "stuck-${trimprefix(name, "${local.name}-")}" => {
      description = "Messages stay in ${name}"
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum"
      dimensions  = { QueueName = name }
    }
  }
  # A letter that can't be written is in flight most of the time, not visible.
  held = {
    for name in values(local.queue_names) : "held-${trimprefix(name, "${local.name}-")}-dead" => {
      description = "Letters of ${name}-dead can't be written"
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesNotVisible", statistic = "Maximum"
      dimensions  = { QueueName = "${name}-dead" }
    }
  }
  failures = {
    api-5xx = {
      description = "The API answered 5xx"
      namespace   = "AWS/ApiGateway", metric = "5xx", statistic = "Sum"
      dimensions  = { ApiId = aws_apigatewayv2_api.this.id }
    }
  }
  broken = {
    for name in keys(local.steps) : "runs-${name}" => {
      description = "A run of ${name} broke"
      namespace   = local.name, metric = "BrokenRuns-${name}", statistic = "Sum"
      dimensions  = {}
    }
  }
  alarms = merge(local.errors, local.broken, local.throttles, local.letters, local.stuck, local.held, local.failures)
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = local.log_group_names[each.key]
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "gateway" {
  name              = "/aws/apigateway/${local.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_metric_filter" "letters" {
  for_each = { for name, one in module.functions.consumers : name => one if one.trigger == "dead" }

  name           = each.value.cloud
  log_group_name = aws_cloudwatch_log_group.function[each.key].name
  pattern        = "{ $.logger = \"trefoil.dead_letters\" && $.message = \"given up\" }"

  metric_transformation {
    name      = local.letters.dead-letters.metric
    namespace = local.letters.dead-letters.namespace
    value     = "1"
  }
}

resource "aws_sns_topic" "alarms" {
  name              = "${local.name}-alarms"
  kms_master_key_id = null # an AWS-managed key would keep CloudWatch from publishing
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = "${each.value.description}: docs/runbook.md says what to do"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = endswith(each.key, "-dead") && !endswith(each.key, "schedule-dead") ? 3 : 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = [
      for number, widget in [
        { title = "Calls", metrics = [for one in values(local.functions) : ["AWS/Lambda", "Invocations", "FunctionName", one.cloud]], stat = "Sum" },
        { title = "Failures", metrics = [for one in values(local.functions) : ["AWS/Lambda", "Errors", "FunctionName", one.cloud]], stat = "Sum" },
        { title = "Duration, p95", metrics = [for one in values(local.functions) : ["AWS/Lambda", "Duration", "FunctionName", one.cloud]], stat = "p95" },
        { title = "Waiting messages", metrics = [for name in concat(values(local.queue_names), ["${local.name}-schedule-dead"]) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name]], stat = "Maximum" },
        { title = "Dead letters", metrics = [[local.name, "DeadLetters"]], stat = "Sum" },
        { title = "API", metrics = [for name in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", name, "ApiId", aws_apigatewayv2_api.this.id]], stat = "Sum" },
        ] : {
        type   = "metric"
        x      = 12 * (number % 2)
        y      = 6 * floor(number / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = var.region
          metrics = widget.metrics
          stat    = widget.stat
          period  = 300
        }
      }
    ]
  })
}

resource "aws_budgets_budget" "this" {
  count = var.monthly_budget == null ? 0 : 1

  name         = local.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_unit   = "USD"
  limit_amount = tostring(var.monthly_budget)

  cost_filter {
    name   = "TagKeyValue" # counts once the tag is activated for cost allocation
    values = [format("user:app$%s", var.name_prefix)]
  }

  dynamic "notification" {
    for_each = [80, 100]
    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      notification_type          = "ACTUAL"
      subscriber_email_addresses = [var.alarm_email]
    }
  }
}
