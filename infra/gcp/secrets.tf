# Written through write-only arguments: no value is in the state.

resource "google_secret_manager_secret" "this" {
  for_each = setunion(["signing-key"], var.secret_names)

  secret_id = "${local.name}-${each.key}"
  replication {
    auto {}
  }

  depends_on = [google_project_service.this]
}

resource "google_secret_manager_secret_version" "signing_key" {
  secret                 = google_secret_manager_secret.this["signing-key"].id
  secret_data_wo         = coalesce(var.signing_key, "not set: apply with signing_key, and a higher signing_key_version")
  secret_data_wo_version = var.signing_key_version
  deletion_policy        = "DISABLE" # the former keys can be put back
}

resource "google_secret_manager_secret_version" "other" {
  for_each = var.secret_names

  secret                 = google_secret_manager_secret.this[each.key].id
  secret_data_wo         = "not set"
  secret_data_wo_version = 1
}

resource "google_secret_manager_secret_iam_member" "app" {
  for_each = { for pair in setproduct(keys(google_secret_manager_secret.this), local.apps) : join("-", pair) => pair }

  secret_id = google_secret_manager_secret.this[each.value[0]].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.app[each.value[1]].member
}
