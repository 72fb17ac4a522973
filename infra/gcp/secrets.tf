# Written through write-only arguments: no value is in the state.

# A version without a key would put an empty one in the place of the live one.
resource "terraform_data" "signing_key" {
  triggers_replace = var.signing_key_version

  provisioner "local-exec" {
    command     = "test -n \"$GIVEN\" # signing_key is needed by the first apply and with a new signing_key_version: TF_VAR_signing_key"
    environment = { GIVEN = var.signing_key == "" ? "" : "yes" }
  }
}

resource "google_secret_manager_secret" "this" {
  for_each = setunion(["signing-key"], var.secret_names)

  secret_id = "${local.name}-${each.key}"
  replication {
    auto {}
  }

  depends_on = [time_sleep.services]
}

resource "google_secret_manager_secret_version" "signing_key" {
  secret                 = google_secret_manager_secret.this["signing-key"].id
  secret_data_wo         = coalesce(var.signing_key, "unchanged")
  secret_data_wo_version = var.signing_key_version
  deletion_policy        = "DISABLE" # the former keys can be put back

  lifecycle {
    create_before_destroy = true # "latest" is the newest version, also when that is disabled
  }

  depends_on = [terraform_data.signing_key]
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
