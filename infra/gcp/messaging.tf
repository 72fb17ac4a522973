# Topics with their dead-letter topics, what fills them and what they call. Eventarc's own subscriptions have no dead
# letters, so the bucket notifies a topic of ours.

locals {
  pubsub_agent = "serviceAccount:service-${local.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  # A function refuses what all its instances are too busy for, and each refusal is an attempt. So the last attempt comes
  # late: 120 + 240 + 480 + 600 seconds after the first, in which ten instances work 1,000 messages of 14 seconds off.
  # https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff
  backoff = { minimum = "120s", maximum = "600s" }
}

resource "google_pubsub_topic" "dead" {
  for_each = local.queues

  name       = "${local.name}-${each.key}-dead"
  depends_on = [time_sleep.services]
}

resource "google_pubsub_topic" "live" {
  for_each = local.queues

  name       = "${local.name}-${each.key}"
  depends_on = [time_sleep.services]
}

resource "google_pubsub_subscription" "live" {
  for_each = local.queues

  name                       = "${local.name}-${each.key}"
  topic                      = google_pubsub_topic.live[each.key].id
  ack_deadline_seconds       = 600
  message_retention_duration = "${7 * 24 * 3600}s"

  push_config {
    push_endpoint = google_cloudfunctions2_function.this[each.value.function].service_config[0].uri
    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = google_cloudfunctions2_function.this[each.value.function].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = local.backoff.minimum
    maximum_backoff = local.backoff.maximum
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = each.value.attempts
  }

  expiration_policy {
    ttl = "" # never: one that is idle for 31 days would go
  }

  depends_on = [google_cloud_run_v2_service_iam_member.push, google_pubsub_topic_iam_member.buries]
}

# What failed too often stays here for 14 days, until a letter is written of it.
resource "google_pubsub_subscription" "dead" {
  for_each = local.queues

  name                       = "${local.name}-${each.key}-dead"
  topic                      = google_pubsub_topic.dead[each.key].id
  ack_deadline_seconds       = 600
  message_retention_duration = "${14 * 24 * 3600}s"

  push_config {
    push_endpoint = google_cloudfunctions2_function.this[local.buriers[each.key].function].service_config[0].uri
    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = google_cloudfunctions2_function.this[local.buriers[each.key].function].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = local.backoff.minimum
    maximum_backoff = local.backoff.maximum
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_cloud_run_v2_service_iam_member.push]
}

# Pub/Sub itself moves messages to the dead-letter topics.
resource "google_pubsub_topic_iam_member" "buries" {
  for_each = local.queues

  topic  = google_pubsub_topic.dead[each.key].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent

  depends_on = [time_sleep.grants]
}

resource "google_pubsub_subscription_iam_member" "buries" {
  for_each = local.queues

  subscription = google_pubsub_subscription.live[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent

  depends_on = [time_sleep.grants]
}

# Object created -> topic.
data "google_storage_project_service_account" "this" {
  depends_on = [time_sleep.services]
}

resource "google_pubsub_topic_iam_member" "objects" {
  for_each = { for name, one in local.queues : name => one if one.trigger == "object" }

  topic  = google_pubsub_topic.live[each.key].name
  role   = "roles/pubsub.publisher"
  member = data.google_storage_project_service_account.this.member
}

resource "google_storage_notification" "objects" {
  for_each = google_pubsub_topic_iam_member.objects

  bucket             = local.bucket
  topic              = google_pubsub_topic.live[each.key].id
  payload_format     = "JSON_API_V1"
  event_types        = ["OBJECT_FINALIZE"]
  object_name_prefix = local.queues[each.key].source
}
