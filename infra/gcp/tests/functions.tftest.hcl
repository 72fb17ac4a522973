# What is planned for a function set, whichever it is (functions_file): all of it, as it is declared.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "google" {
  alias = "billing"
}

mock_provider "time" {}

variables {
  account_id = "trefoil-test-1234"
  region     = "europe-west2"
}

run "as_declared" {
  command = plan

  assert {
    condition     = toset(keys(google_cloudfunctions2_function.this)) == toset([for name, one in jsondecode(file(var.functions_file)).functions : name if one.trigger != "authorizer"])
    error_message = "a function that is declared is missing, or another one is there"
  }
  assert {
    condition = alltrue([
      for name, one in google_cloudfunctions2_function.this :
      one.service_config[0].timeout_seconds == jsondecode(file(var.functions_file)).functions[name].timeout_s && one.service_config[0].available_memory == "${jsondecode(file(var.functions_file)).functions[name].memory_mb}Mi" && one.build_config[0].entry_point == name
    ])
    error_message = "a function has another memory, time-out or entry point than it declares"
  }
  assert {
    condition = alltrue([
      for name, one in jsondecode(file(var.functions_file)).functions :
      google_pubsub_subscription.live[one.queue].dead_letter_policy[0].max_delivery_attempts == one.attempts && google_pubsub_subscription.dead[one.queue].message_retention_duration == "1209600s" if one.queue != "" && one.trigger != "dead"
    ])
    error_message = "each queue has its dead letters, kept 14 days, and the attempts that its function declares"
  }
  assert {
    condition     = toset(keys(google_pubsub_topic.live)) == toset([for one in jsondecode(file(var.functions_file)).functions : one.queue if one.queue != ""])
    error_message = "a queue is missing, or another one is there"
  }
  assert {
    condition     = toset(values(google_storage_notification.objects)[*].object_name_prefix) == toset([for one in jsondecode(file(var.functions_file)).functions : one.source if one.trigger == "object"])
    error_message = "each function listens to its own prefix, and to nothing else"
  }
  assert {
    condition = alltrue([
      for name, one in jsondecode(file(var.functions_file)).functions :
      google_cloud_scheduler_job.this[name].schedule == one.source && google_cloud_scheduler_job.this[name].time_zone == "Etc/UTC" if one.trigger == "schedule"
    ])
    error_message = "each schedule fires when its function declares, in UTC"
  }
  assert {
    condition     = google_cloudfunctions2_function.this[module.functions.http.name].service_config[0].environment_variables.TREFOIL_FUNCTIONS == jsondecode(file(var.functions_file)).set
    error_message = "the functions are told which set they are"
  }
}
