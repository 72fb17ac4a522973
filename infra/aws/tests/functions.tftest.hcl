# What is planned for a function set, whichever it is (functions_file): all of it, as it is declared.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias = "us_east_1"
}

mock_provider "time" {}

variables {
  account_id = "123456789012"
  region     = "eu-west-2"
}

run "as_declared" {
  command = plan

  assert {
    condition     = toset(keys(aws_lambda_function.this)) == toset(keys(jsondecode(file(var.functions_file)).functions))
    error_message = "a function that is declared is missing, or another one is there"
  }
  assert {
    condition = alltrue([
      for name, one in jsondecode(file(var.functions_file)).functions :
      aws_lambda_function.this[name].timeout == one.timeout_s && aws_lambda_function.this[name].memory_size == one.memory_mb && aws_lambda_function.this[name].handler == "adapters.aws.main.${name}"
    ])
    error_message = "a function has another memory, time-out or handler than it declares"
  }
  assert {
    condition = alltrue([
      for name, one in jsondecode(file(var.functions_file)).functions :
      aws_sqs_queue.live[one.queue].visibility_timeout_seconds == 6 * one.timeout_s && aws_sqs_queue.dead[one.queue].message_retention_seconds == 1209600 && module.functions.queues[one.queue].attempts == one.attempts if one.queue != "" && one.trigger != "dead"
    ])
    error_message = "each queue has its dead letters, kept 14 days, and the attempts that its function declares"
  }
  assert {
    condition     = toset(keys(aws_sqs_queue.live)) == toset([for one in jsondecode(file(var.functions_file)).functions : one.queue if one.queue != ""]) && length(aws_lambda_event_source_mapping.this) == 2 * length(aws_sqs_queue.live)
    error_message = "a queue, or who takes from it or buries what failed, is missing"
  }
  assert {
    condition     = toset(aws_s3_bucket_notification.state.queue[*].filter_prefix) == toset([for one in jsondecode(file(var.functions_file)).functions : one.source if one.trigger == "object"])
    error_message = "each function listens to its own prefix, and to nothing else"
  }
  assert {
    condition = alltrue([
      for name, one in jsondecode(file(var.functions_file)).functions :
      aws_scheduler_schedule.this[name].schedule_expression == "cron(${split(" ", one.source)[0]} ${split(" ", one.source)[1]} ${split(" ", one.source)[2]} * ? *)" && aws_scheduler_schedule.this[name].schedule_expression_timezone == "UTC" if one.trigger == "schedule"
    ])
    error_message = "each schedule fires when its function declares (here: on some or all days of the month, in UTC)"
  }
  assert {
    condition     = aws_lambda_function.this[module.functions.http.name].environment[0].variables.TREFOIL_FUNCTIONS == jsondecode(file(var.functions_file)).set
    error_message = "the functions are told which set they are"
  }
}
