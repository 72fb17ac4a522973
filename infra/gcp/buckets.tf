# Three private buckets: the state, the site, and the packages that functions are built from.

locals {
  bucket_names = { for kind in ["state", "site", "packages"] : kind => "${local.name}-${kind}-${var.account_id}" }
  buckets      = { for kind, name in local.bucket_names : kind => name if kind != "state" || var.existing_bucket == null }
}

resource "google_storage_bucket" "this" {
  for_each = local.buckets

  name                        = each.value
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = each.key == "state" ? var.force_destroy : true # the others hold nothing that can't be made again

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 30
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  # Browsers upload to and download from the store itself, with signed URLs.
  dynamic "cors" {
    for_each = each.key == "state" ? [local.origins] : []
    content {
      origin          = cors.value
      method          = ["GET", "PUT"]
      response_header = ["Content-Type", "ETag", "x-goog-if-generation-match", "x-goog-content-length-range"]
      max_age_seconds = 600
    }
  }

  depends_on = [time_sleep.services]
}

# What goes first when everything is destroyed, and stops whoever did not mean it before anything is gone.
resource "terraform_data" "keep_state" {
  count = var.existing_bucket == null ? 1 : 0

  input = { force_destroy = var.force_destroy, bucket = local.bucket_names.state }

  provisioner "local-exec" {
    when    = destroy
    command = "${self.input.force_destroy} || { echo '${self.input.bucket} may hold data: apply with force_destroy = true first' >&2; exit 1; }"
  }

  # Everything there is, so that all of it waits.
  depends_on = [
    google_artifact_registry_repository.images, google_billing_budget.this, google_cloud_run_v2_service.site,
    google_cloud_run_v2_service_iam_member.api, google_cloud_run_v2_service_iam_member.push,
    google_cloud_run_v2_service_iam_member.site, google_cloud_run_v2_service_iam_member.workflow,
    google_cloud_scheduler_job.this, google_cloudfunctions2_function.this, google_compute_backend_service.site,
    google_compute_global_address.site, google_compute_global_forwarding_rule.redirect,
    google_compute_global_forwarding_rule.site, google_compute_managed_ssl_certificate.site,
    google_compute_region_network_endpoint_group.site, google_compute_ssl_policy.site,
    google_compute_target_http_proxy.redirect, google_compute_target_https_proxy.site,
    google_compute_url_map.redirect, google_compute_url_map.site, google_dns_record_set.site,
    google_logging_metric.letters, google_logging_project_bucket_config.this, google_logging_project_sink.this,
    google_monitoring_alert_policy.letters, google_monitoring_alert_policy.runs, google_monitoring_alert_policy.this,
    google_monitoring_dashboard.this, google_monitoring_notification_channel.email, google_project_iam_member.build,
    google_project_iam_member.workflow, google_project_service.this, google_pubsub_subscription.dead,
    google_pubsub_subscription.live, google_pubsub_subscription.schedule, google_pubsub_subscription.schedule_dead,
    google_pubsub_subscription_iam_member.buries, google_pubsub_subscription_iam_member.schedule_buries,
    google_pubsub_topic.dead, google_pubsub_topic.live, google_pubsub_topic.schedule,
    google_pubsub_topic.schedule_dead, google_pubsub_topic_iam_member.buries, google_pubsub_topic_iam_member.objects,
    google_pubsub_topic_iam_member.schedule_dead, google_pubsub_topic_iam_member.sends,
    google_secret_manager_secret.mail, google_secret_manager_secret.this, google_secret_manager_secret_iam_member.app,
    google_secret_manager_secret_iam_member.mail, google_secret_manager_secret_version.mail,
    google_secret_manager_secret_version.other, google_secret_manager_secret_version.signing_key,
    google_service_account.app, google_service_account.build, google_service_account.push,
    google_service_account.site, google_service_account.workflow, google_service_account_iam_member.signs_urls,
    google_storage_bucket.this, google_storage_bucket_iam_member.app, google_storage_bucket_iam_member.site,
    google_storage_bucket_object.config, google_storage_bucket_object.package, google_storage_bucket_object.site,
    google_storage_notification.objects, google_workflows_workflow.this, google_workload_identity_service_agent.this,
    terraform_data.log_bucket, terraform_data.signing_key, time_sleep.grants, time_sleep.services, time_sleep.site,
  ]
}
