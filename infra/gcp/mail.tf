# Mails to customers, by the SMTP server that mail_server names: Google Cloud has no such service. Its password is a
# secret like the others, made with a placeholder; only the worker may read it, and mounts it.

locals {
  # `mail_server` may end with a query of its own.
  mail_url = var.mail_from == "" ? "" : "${var.mail_server}${strcontains(var.mail_server, "?") ? "&" : "?"}password=file:///etc/trefoil-mail/password"
}

resource "google_secret_manager_secret" "mail" {
  count = var.mail_from == "" ? 0 : 1

  secret_id = "${local.name}-mail-password"
  replication {
    auto {}
  }

  depends_on = [time_sleep.services]
}

resource "google_secret_manager_secret_version" "mail" {
  count = var.mail_from == "" ? 0 : 1

  secret                 = google_secret_manager_secret.mail[0].id
  secret_data_wo         = "not set"
  secret_data_wo_version = 1
}

resource "google_secret_manager_secret_iam_member" "mail" {
  count = var.mail_from == "" ? 0 : 1

  secret_id = google_secret_manager_secret.mail[0].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.app["worker"].member
}
