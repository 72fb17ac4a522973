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

  depends_on = [google_project_service.this]
}

# What goes first when everything is destroyed, and stops whoever did not mean it before anything is gone.
resource "terraform_data" "keep_state" {
  count = var.existing_bucket == null ? 1 : 0

  input = { force_destroy = var.force_destroy, bucket = local.bucket_names.state }

  provisioner "local-exec" {
    when    = destroy
    command = "${self.input.force_destroy} || { echo '${self.input.bucket} may hold data: apply with force_destroy = true first' >&2; exit 1; }"
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.api, google_cloud_run_v2_service_iam_member.site, google_cloud_scheduler_job.this,
    google_monitoring_alert_policy.this, google_monitoring_dashboard.this, google_pubsub_subscription.dead, google_pubsub_subscription.live,
    google_pubsub_subscription.schedule, google_storage_bucket.this, google_storage_bucket_object.config, google_storage_bucket_object.site,
    google_storage_notification.objects,
  ]
}
