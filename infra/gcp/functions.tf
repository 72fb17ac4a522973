# A function for each of the function set, all built from one package.

resource "google_storage_bucket_object" "package" {
  bucket = google_storage_bucket.this["packages"].name
  name   = "gcp-${substr(filesha256(local.package), 0, 16)}.zip" # a new name, so that a new package is seen
  source = local.package
}

resource "google_artifact_registry_repository" "images" {
  repository_id = local.name
  location      = var.region
  format        = "DOCKER"
  description   = "Images that Cloud Build makes of the functions"

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [time_sleep.services]
}

resource "google_cloudfunctions2_function" "this" {
  for_each = local.functions

  name        = each.value.cloud
  location    = var.region
  description = each.value.description

  build_config {
    runtime           = "python313"
    entry_point       = each.key
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    # The package brings its wheels: nothing is fetched while it is built.
    # Of our own sources the builder keeps bytecode by their times, which its image does not keep: with this, by their hashes.
    environment_variables = {
      GOOGLE_VENDOR_PIP_DEPENDENCIES = "wheels"
      SOURCE_DATE_EPOCH              = "315532800"
    }

    source {
      storage_source {
        bucket = google_storage_bucket.this["packages"].name
        object = google_storage_bucket_object.package.name
      }
    }

    automatic_update_policy {}
  }

  service_config {
    service_account_email            = google_service_account.app[each.value.app].email
    available_memory                 = "${each.value.memory}Mi"
    available_cpu                    = "1"
    timeout_seconds                  = each.value.timeout
    max_instance_count               = var.max_instances
    max_instance_request_concurrency = each.value.app == "api" ? 3 : 1                               # of which two may log in: there is no gateway to limit that
    ingress_settings                 = each.value.app == "api" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY" # Pub/Sub of the project is internal
    all_traffic_on_latest_revision   = true
    environment_variables            = local.settings

    # A volume follows a new version of the secret; a variable would not.
    secret_volumes {
      project_id = var.account_id
      secret     = google_secret_manager_secret.this["signing-key"].secret_id
      mount_path = "/etc/trefoil"
      versions {
        version = "latest"
        path    = "signing-key"
      }
    }
    dynamic "secret_volumes" {
      for_each = each.value.app == "worker" ? google_secret_manager_secret.mail : []

      content {
        project_id = var.account_id
        secret     = secret_volumes.value.secret_id
        mount_path = "/etc/trefoil-mail"
        versions {
          version = "latest"
          path    = "password"
        }
      }
    }
  }

  depends_on = [
    google_secret_manager_secret_iam_member.app, google_secret_manager_secret_version.signing_key,
    google_storage_bucket_iam_member.app, time_sleep.grants,
    google_secret_manager_secret_iam_member.mail, google_secret_manager_secret_version.mail,
  ]
}

resource "google_cloud_run_v2_service_iam_member" "api" {
  count = var.public_invoker ? 1 : 0

  name     = google_cloudfunctions2_function.this[module.functions.http.name].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}
