# Queues with their poison queues, and what fills them. The poison rule is the functions host's: what failed
# too often goes to `<queue>-poison`. The host sends it there with the storage service's own life of 7
# days; within seconds it becomes a letter in the store, which is kept 14 days as on every cloud.

resource "azurerm_storage_queue" "live" {
  for_each = local.queues

  name               = each.value
  storage_account_id = local.account.id
}

resource "azurerm_storage_queue" "poison" {
  for_each = local.queues

  name               = "${each.value}-poison"
  storage_account_id = local.account.id
}

resource "azurerm_storage_container" "undelivered" {
  name                  = "undelivered-events"
  storage_account_id    = local.account.id
  container_access_type = "private"
}

# Object created -> queue. A webhook would need a key of the app in the state, and deployed code before it is made.
resource "azurerm_eventgrid_system_topic" "objects" {
  name                = local.name
  resource_group_name = local.group
  location            = local.account.location
  source_resource_id  = local.account.id
  topic_type          = "Microsoft.Storage.StorageAccounts"
  tags                = local.tags

  identity {
    type = "SystemAssigned"
  }
}

resource "time_sleep" "events" {
  create_duration = "180s" # Azure tries the topic's identity when a subscription is made
  triggers        = { for name, one in azurerm_role_assignment.events : name => one.id }
}

resource "azurerm_eventgrid_system_topic_event_subscription" "objects" {
  for_each = { for name, one in local.functions : name => one if one.trigger == "object" }

  name                 = each.value.cloud
  system_topic         = azurerm_eventgrid_system_topic.objects.name
  resource_group_name  = local.group
  included_event_types = ["Microsoft.Storage.BlobCreated"]

  subject_filter {
    subject_begins_with = "/blobServices/default/containers/${local.container}/blobs/${each.value.source}"
    case_sensitive      = true
  }

  delivery_identity {
    type = "SystemAssigned"
  }

  storage_queue_endpoint {
    storage_account_id                    = local.account.id
    queue_name                            = azurerm_storage_queue.live[each.value.queue].name
    queue_message_time_to_live_in_seconds = 7 * 24 * 3600
  }

  retry_policy {
    max_delivery_attempts = 30
    event_time_to_live    = 1440
  }

  dead_letter_identity {
    type = "SystemAssigned"
  }

  storage_blob_dead_letter_destination {
    storage_account_id          = local.account.id
    storage_blob_container_name = azurerm_storage_container.undelivered.name
  }

  depends_on = [time_sleep.events]
}
