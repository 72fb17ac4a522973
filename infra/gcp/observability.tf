# Logs, alarms, a dashboard and a budget.

locals {
  services = concat([for one in values(local.functions) : one.cloud], ["${local.name}-site"])
  dead_subscriptions = concat(
    [for name in keys(local.queues) : "${local.name}-${name}-dead"], ["${local.name}-schedule-dead"]
  )

  errors = {
    for name, one in local.functions : "errors-${name}" => {
      description = "${name} failed"
      filter      = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${one.cloud}\" AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\""
      aligner     = "ALIGN_DELTA"
      threshold   = 0
    } if one.trigger != "step" # which answers so to tell its workflow something
  }
  stuck = {
    for name in local.dead_subscriptions : "stuck-${trimprefix(name, "${local.name}-")}" => {
      description = "Messages stay in ${name}"
      filter      = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${name}\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner     = "ALIGN_MAX"
      threshold   = endswith(name, "schedule-dead") ? 0 : 900
    }
  }
  alarms = merge(local.errors, local.stuck)

  given_up = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = (${join(" OR ", formatlist("\"%s\"", concat([for one in values(local.buriers) : one.cloud], length(local.buriers) > 0 ? [] : ["-"])))}) AND jsonPayload.logger = \"trefoil.dead_letters\" AND jsonPayload.message = \"given up\""
}

# Its id is a new one with each deployment: that of a bucket that was deleted is taken for a week.
resource "terraform_data" "log_bucket" {}

# A bucket of this deployment's own, since the project's has a retention of its own.
resource "google_logging_project_bucket_config" "this" {
  project        = var.account_id
  location       = "global"
  bucket_id      = "${local.name}-${substr(terraform_data.log_bucket.id, 0, 8)}"
  retention_days = var.log_retention_days
  depends_on     = [time_sleep.services]
}

resource "google_logging_project_sink" "this" {
  name                   = local.name
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.this.id}"
  filter                 = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = (${join(" OR ", formatlist("\"%s\"", local.services))})"
  unique_writer_identity = true
}

resource "google_logging_metric" "letters" {
  name   = "${local.name}-dead-letters"
  filter = local.given_up
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
  depends_on = [time_sleep.services]
}

resource "google_monitoring_notification_channel" "email" {
  count = var.alarm_email == null ? 0 : 1

  display_name = "${local.name}: ${var.alarm_email}"
  type         = "email"
  labels       = { email_address = var.alarm_email }
  depends_on   = [time_sleep.services]
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alarms

  display_name          = "${local.name}-${each.key}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  documentation {
    content = "${each.value.description}: docs/runbook.md says what to do"
  }

  conditions {
    display_name = each.value.description
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = "REDUCE_MAX"
      }
    }
  }

  alert_strategy {
    auto_close = "1800s" # or an alarm that nothing follows stays open for a week, and a new failure tells nobody
  }

  depends_on = [google_cloudfunctions2_function.this, google_pubsub_subscription.dead, google_pubsub_subscription.schedule_dead]
}

# The dead-letter subscriptions themselves are emptied by bury_*: what counts is what that logs. Not by the metric, which
# can't be alarmed on in the first minutes of its life.
resource "google_monitoring_alert_policy" "letters" {
  display_name          = "${local.name}-dead-letters"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  documentation {
    content = "Something failed too often: docs/runbook.md says what to do"
  }

  conditions {
    display_name = "A dead letter was written"
    condition_matched_log {
      filter = local.given_up
    }
  }

  alert_strategy {
    auto_close = "1800s"
    notification_rate_limit {
      period = "300s"
    }
  }

  depends_on = [time_sleep.services]
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = local.name
    mosaicLayout = {
      columns = 12
      tiles = [
        for number, tile in [
          { title = "Calls", reducer = "REDUCE_SUM", filter = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.label.service_name=monitoring.regex.full_match(\"${local.name}-.*\")", aligner = "ALIGN_DELTA", group = "resource.label.service_name" },
          { title = "Failures", reducer = "REDUCE_SUM", filter = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" metric.label.response_code_class=\"5xx\" resource.label.service_name=monitoring.regex.full_match(\"${local.name}-.*\")", aligner = "ALIGN_DELTA", group = "resource.label.service_name" },
          { title = "Duration, p95", reducer = "REDUCE_MAX", filter = "metric.type=\"run.googleapis.com/request_latencies\" resource.type=\"cloud_run_revision\" resource.label.service_name=monitoring.regex.full_match(\"${local.name}-.*\")", aligner = "ALIGN_PERCENTILE_95", group = "resource.label.service_name" },
          { title = "Waiting messages", reducer = "REDUCE_MAX", filter = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" resource.type=\"pubsub_subscription\" resource.label.subscription_id=monitoring.regex.full_match(\"${local.name}-.*\")", aligner = "ALIGN_MAX", group = "resource.label.subscription_id" },
          { title = "Dead letters", reducer = "REDUCE_SUM", filter = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.letters.name}\" resource.type=\"cloud_run_revision\"", aligner = "ALIGN_DELTA", group = "resource.label.service_name" },
          ] : merge(number % 2 == 0 ? {} : { xPos = 6 }, number < 2 ? {} : { yPos = 4 * floor(number / 2) }, { # the API drops a zero
            width                                 = 6
            height                                = 4
            widget = {
              title = tile.title
              xyChart = {
                dataSets = [{
                  plotType = "LINE"
                  timeSeriesQuery = {
                    timeSeriesFilter = {
                      filter      = tile.filter
                      aggregation = { alignmentPeriod = "300s", perSeriesAligner = tile.aligner, crossSeriesReducer = tile.reducer, groupByFields = [tile.group] }
                    }
                  }
                }]
              }
            }
        })
      ]
    }
  })

  depends_on = [time_sleep.services]
}

resource "google_billing_budget" "this" {
  count    = var.monthly_budget == null ? 0 : 1
  provider = google.billing

  billing_account = var.billing_account
  display_name    = local.name

  budget_filter {
    projects = ["projects/${local.number}"]
    labels   = { app = var.name_prefix }
  }

  amount {
    specified_amount {
      units = tostring(floor(var.monthly_budget))
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.8, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    monitoring_notification_channels = google_monitoring_notification_channel.email[*].id
  }
}
