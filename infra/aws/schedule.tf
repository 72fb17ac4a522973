# What fires, each at its own time. A firing that is doubled or late does no harm.

locals {
  # Scheduler wants a `?` where the day or the weekday is open, steps with their beginning, and a year.
  cron_fields = {
    for name, one in module.functions.scheduled : name => [
      for number, field in split(" ", one.cron) : replace(field, "*/", "${[0, 0, 1, 1, 0][number]}/")
    ]
  }
  cron = {
    for name, field in local.cron_fields : name => join(" ", [
      field[0], field[1], field[4] == "*" ? field[2] : "?", field[3], field[4] == "*" ? "?" : field[4], "*"
    ])
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = local.name
}

resource "aws_sqs_queue" "schedule_dead" {
  name                      = "${local.name}-schedule-dead"
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}

resource "aws_scheduler_schedule" "this" {
  for_each = module.functions.scheduled

  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = each.value.description
  schedule_expression          = "cron(${local.cron[each.key]})"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_alias.live[each.key].arn
    role_arn = aws_iam_role.scheduler.arn

    retry_policy {
      maximum_retry_attempts       = each.value.attempts - 1
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = aws_sqs_queue.schedule_dead.arn
    }
  }
}

# Scheduler is content when Lambda has taken the call; what the function then fails at is Lambda's to repeat.
resource "aws_lambda_function_event_invoke_config" "scheduled" {
  for_each = module.functions.scheduled

  function_name                = aws_lambda_function.this[each.key].function_name
  qualifier                    = aws_lambda_alias.live[each.key].name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.schedule_dead.arn
    }
  }
}
