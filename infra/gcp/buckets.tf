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
