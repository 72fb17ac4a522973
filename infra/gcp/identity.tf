# Two identities: the app `api` answers requests, the app `worker` does everything else. Two more build and push.

resource "google_service_account" "app" {
  for_each = local.apps

  account_id   = "${local.name}-${each.key}"
  display_name = "Trefoil: ${each.key}"
  depends_on   = [time_sleep.services]
}

resource "google_storage_bucket_iam_member" "app" {
  for_each = local.apps

  bucket = local.bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.app[each.key].member
}

# URLs are signed by the IAM API, as the app itself: there is no key to lose.
resource "google_service_account_iam_member" "signs_urls" {
  service_account_id = google_service_account.app["api"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.app["api"].member
}

# Every app sends to the queues that functions take messages from.
resource "google_pubsub_topic_iam_member" "sends" {
  for_each = merge([
    for app in local.apps : { for name, one in local.queues : "${app}: ${name}" => { app = app, queue = name } if one.trigger == "queue" }
  ]...)

  topic  = google_pubsub_topic.live[each.value.queue].name
  role   = "roles/pubsub.publisher"
  member = google_service_account.app[each.value.app].member
}

resource "google_service_account" "push" {
  account_id   = "${local.name}-push"
  display_name = "Trefoil: calls functions for Pub/Sub"
  depends_on   = [time_sleep.services]
}

resource "google_cloud_run_v2_service_iam_member" "push" {
  for_each = { for name, one in local.functions : name => one if one.app == "worker" && one.trigger != "step" }

  name     = google_cloudfunctions2_function.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.push.member
}

resource "google_service_account" "build" {
  account_id   = "${local.name}-build"
  display_name = "Trefoil: builds the functions"
  depends_on   = [time_sleep.services]
}

resource "google_project_iam_member" "build" {
  for_each = toset(["roles/logging.logWriter", "roles/artifactregistry.writer", "roles/storage.objectViewer"])

  project = var.account_id
  role    = each.key # of the project: the builder copies the source to a bucket of Google's making (gcf-v2-sources-*)
  member  = google_service_account.build.member
}

# Google's own agents, which act for the services. Each comes with the first use of its service, too late to be granted
# anything; so they are made. Their roles are the project's, whatever is deployed in it: infra/bootstrap/gcp gives them.
# https://docs.cloud.google.com/iam/docs/create-service-agents
resource "google_workload_identity_service_agent" "this" {
  for_each = toset(["cloudbuild", "cloudfunctions", "pubsub"])

  parent     = "projects/${local.number}/locations/global/serviceProducers/${each.key}.googleapis.com"
  depends_on = [time_sleep.services]
}

# Grants take a while to hold, and so do agents: a build that comes too early fails, and so does what an agent is granted.
resource "time_sleep" "grants" {
  create_duration = "120s"
  triggers = merge(
    { for role, one in google_project_iam_member.build : role => one.id },
    { for name, one in google_workload_identity_service_agent.this : name => one.id },
  )
}
