# What fires, each at its own time. A firing that is doubled or late does no harm.

resource "google_pubsub_topic" "schedule" {
  for_each = module.functions.scheduled

  name       = "${local.name}-schedule-${each.key}"
  depends_on = [time_sleep.services]
}

resource "google_pubsub_topic" "schedule_dead" {
  name       = "${local.name}-schedule-dead"
  depends_on = [time_sleep.services]
}

resource "google_pubsub_topic_iam_member" "schedule_dead" {
  topic  = google_pubsub_topic.schedule_dead.name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent

  depends_on = [time_sleep.grants]
}

# Nobody takes from it: an alarm tells that something is there.
resource "google_pubsub_subscription" "schedule_dead" {
  name                       = "${local.name}-schedule-dead"
  topic                      = google_pubsub_topic.schedule_dead.id
  message_retention_duration = "${14 * 24 * 3600}s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "schedule" {
  for_each = module.functions.scheduled

  name                 = "${local.name}-schedule-${each.key}"
  topic                = google_pubsub_topic.schedule[each.key].id
  ack_deadline_seconds = 600

  push_config {
    push_endpoint = google_cloudfunctions2_function.this[each.key].service_config[0].uri
    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = google_cloudfunctions2_function.this[each.key].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = local.backoff.minimum
    maximum_backoff = local.backoff.maximum
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.schedule_dead.id
    max_delivery_attempts = each.value.attempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_cloud_run_v2_service_iam_member.push, google_pubsub_topic_iam_member.schedule_dead]
}

resource "google_pubsub_subscription_iam_member" "schedule_buries" {
  for_each = module.functions.scheduled

  subscription = google_pubsub_subscription.schedule[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent

  depends_on = [time_sleep.grants]
}

resource "google_cloud_scheduler_job" "this" {
  for_each = module.functions.scheduled

  name        = "${local.name}-${each.key}"
  description = each.value.description
  region      = var.region
  schedule    = each.value.cron
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.schedule[each.key].id
    data       = base64encode(each.key)
  }

  retry_config {
    retry_count = 5 # none by default
  }
}
