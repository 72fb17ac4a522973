# What is planned for a function set, whichever it is (functions_file): all of it, as it is declared.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

mock_provider "time" {}

variables {
  account_id = "00000000-0000-4000-8000-000000000000"
  region     = "uksouth"
}

run "as_declared" {
  command = plan

  assert {
    condition     = toset(keys(local.functions)) == toset([for name, one in jsondecode(file(var.functions_file)).functions : name if one.trigger != "authorizer"])
    error_message = "a function that is declared is missing, or another one is there"
  }
  assert {
    condition = alltrue([
      for name, one in local.functions : join(",", [
        for app, made in azurerm_function_app_flex_consumption.this : app if lookup(made.app_settings, "AzureWebJobs.${name}.Disabled", "false") == "false"
      ]) == one.app
    ])
    error_message = "every function runs in exactly one app"
  }
  assert {
    condition = alltrue([
      for name, one in local.functions :
      azurerm_function_app_flex_consumption.this[one.app].instance_memory_in_mb >= one.memory_mb &&
      sum([for number, part in split(":", azurerm_function_app_flex_consumption.this[one.app].app_settings.AzureFunctionsJobHost__functionTimeout) : tonumber(part) * [3600, 60, 1][number]]) >= one.timeout_s &&
      tonumber(azurerm_function_app_flex_consumption.this[one.app].app_settings.AzureFunctionsJobHost__extensions__queues__maxDequeueCount) >= one.attempts
    ])
    error_message = "an app has the memory, the time-out and the attempts of the function that declares most"
  }
  assert {
    condition     = toset(keys(azurerm_storage_queue.live)) == toset([for one in jsondecode(file(var.functions_file)).functions : one.queue if one.queue != ""]) && alltrue([for name, one in azurerm_storage_queue.poison : one.name == "trefoil-${name}-poison"])
    error_message = "each queue that a function's trigger names is there, with its poison queue"
  }
  assert {
    condition     = toset([for one in azurerm_eventgrid_system_topic_event_subscription.objects : one.subject_filter[0].subject_begins_with]) == toset([for one in jsondecode(file(var.functions_file)).functions : "/blobServices/default/containers/state/blobs/${one.source}" if one.trigger == "object"])
    error_message = "each function listens to its own prefix, and to nothing else"
  }
  assert {
    condition     = azurerm_function_app_flex_consumption.this["api"].app_settings.TREFOIL_FUNCTIONS == jsondecode(file(var.functions_file)).set
    error_message = "the functions are told which set they are"
  }
}
