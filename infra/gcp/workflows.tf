# The workflows of the function set, whose steps their functions do. What runs is written from the declaration
# (nox -s workflow -- write); a run that has begun goes on by the revision that it began with.

locals {
  steps = { for name, one in local.functions : name => one if one.trigger == "step" }
}

resource "google_workflows_workflow" "this" {
  for_each = local.steps

  name                = "${local.name}-${each.key}"
  region              = var.region
  description         = each.value.description
  service_account     = google_service_account.workflow[0].id
  source_contents     = file("${dirname(var.functions_file)}/workflows/${each.key}.google.json")
  user_env_vars       = { TREFOIL_STEP_URL = google_cloudfunctions2_function.this[each.key].service_config[0].uri }
  call_log_level      = "LOG_ERRORS_ONLY"
  deletion_protection = false # it holds nothing

  depends_on = [google_cloud_run_v2_service_iam_member.workflow, time_sleep.services]
}

resource "google_service_account" "workflow" {
  count = length(local.steps) > 0 ? 1 : 0

  account_id   = "${local.name}-runs"
  display_name = "Trefoil: calls functions for workflows"
  depends_on   = [time_sleep.services]
}

resource "google_cloud_run_v2_service_iam_member" "workflow" {
  for_each = local.steps

  name     = google_cloudfunctions2_function.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.workflow[0].member
}

# Workflows has no policies of its own for a workflow: what may be started is the project's.
# https://cloud.google.com/workflows/docs/access-control
resource "google_project_iam_member" "workflow" {
  for_each = length(local.steps) == 0 ? {} : {
    starts = { role = "roles/workflows.invoker", member = google_service_account.app["worker"].member }
    logs   = { role = "roles/logging.logWriter", member = google_service_account.workflow[0].member }
  }

  project = var.account_id
  role    = each.value.role
  member  = each.value.member
}

# A run that broke, and not one that found something missing: its end is logged so.
resource "google_monitoring_alert_policy" "runs" {
  for_each = { for name, one in local.steps : "runs-${name}" => one }

  display_name          = "${local.name}-${each.key}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  documentation {
    content = "A run of ${each.value.name} broke: docs/runbook.md says what to do"
  }

  conditions {
    display_name = "A run broke"
    condition_matched_log {
      filter = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${each.value.cloud}\" AND jsonPayload.logger = \"trefoil.workflow\" AND jsonPayload.message = \"run broke\""
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
