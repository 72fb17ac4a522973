# Where Terraform keeps its state, and whom GitHub's workflows deploy as, without a key. Applied once, by hand, with a
# local state; see docs/deploy-gcp.md.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.45, < 9"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

provider "google" {
  project        = var.account_id
  region         = var.region
  default_labels = { app = var.name_prefix }
}

locals {
  subject = var.repository == null ? null : coalesce(var.github_subject, "repo:${var.repository}:environment:${var.github_environment}")
  # What the resources of infra/gcp are made with.
  roles = [
    "roles/artifactregistry.admin", "roles/cloudfunctions.admin", "roles/cloudscheduler.admin", "roles/compute.loadBalancerAdmin",
    "roles/dns.admin", "roles/iam.serviceAccountAdmin", "roles/iam.serviceAccountUser", "roles/logging.configWriter",
    "roles/monitoring.editor", "roles/pubsub.admin", "roles/resourcemanager.projectIamAdmin", "roles/run.admin",
    "roles/secretmanager.admin", "roles/serviceusage.serviceUsageAdmin", "roles/storage.admin", "roles/workflows.admin",
    "roles/workloadidentity.admin",
  ]
}

resource "google_project_service" "this" {
  for_each = toset([
    "cloudbuild", "cloudfunctions", "cloudresourcemanager", "iam", "iamcredentials", "pubsub", "serviceusage", "storage", "sts",
    "workloadidentity",
  ])

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

# A service that was just enabled may still be refused.
resource "time_sleep" "services" {
  create_duration = "120s"
  triggers        = { for name, one in google_project_service.this : name => one.id }
}

# Google's own agents, with the roles that they would have been given with the first use of their services: those of the
# project, which no deployment takes away when it goes. https://docs.cloud.google.com/iam/docs/create-service-agents
data "google_project" "this" {
  project_id = var.account_id
  depends_on = [time_sleep.services]
}

locals {
  agents = {
    cloudbuild     = { name = "gcp-sa-cloudbuild", role = "roles/cloudbuild.serviceAgent" }
    cloudfunctions = { name = "gcf-admin-robot", role = "roles/cloudfunctions.serviceAgent" }
    pubsub         = { name = "gcp-sa-pubsub", role = "roles/pubsub.serviceAgent" }
  }
}

resource "google_workload_identity_service_agent" "this" {
  for_each = local.agents

  parent = "projects/${data.google_project.this.number}/locations/global/serviceProducers/${each.key}.googleapis.com"
}

resource "google_project_iam_member" "agent" {
  # checkov:skip=CKV_GCP_49: the role that Google itself gives its agent, which lets it act as the functions' identities
  for_each = local.agents

  project    = var.account_id
  role       = each.value.role
  member     = "serviceAccount:service-${data.google_project.this.number}@${each.value.name}.iam.gserviceaccount.com"
  depends_on = [google_workload_identity_service_agent.this]

  lifecycle {
    prevent_destroy = true # Google does not give it back
  }
}

resource "google_storage_bucket" "state" {
  name                        = "${var.name_prefix}-terraform-${var.account_id}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 90
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  depends_on = [time_sleep.services]
}

resource "google_service_account" "deployer" {
  count = var.repository == null ? 0 : 1

  account_id   = "${var.name_prefix}-deployer"
  display_name = "Trefoil: deploys from GitHub"
  depends_on   = [time_sleep.services]
}

resource "google_project_iam_member" "deployer" {
  for_each = var.repository == null ? [] : toset(local.roles)

  project = var.account_id
  role    = each.key
  member  = google_service_account.deployer[0].member
}

resource "google_iam_workload_identity_pool" "github" {
  count = var.repository == null ? 0 : 1

  workload_identity_pool_id = "${var.name_prefix}-github"
  depends_on                = [time_sleep.services]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  count = var.repository == null ? 0 : 1

  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  attribute_condition                = "assertion.sub == '${local.subject}'"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "deployer" {
  count = var.repository == null ? 0 : 1

  service_account_id = google_service_account.deployer[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/subject/${local.subject}"
}

output "backend" {
  description = "What `terraform init -backend-config` needs in infra/gcp; another deployment has another prefix."
  value       = { bucket = google_storage_bucket.state.name, prefix = "prod" }
}

output "deployer" {
  description = "Provider and service account for google-github-actions/auth."
  value = var.repository == null ? null : {
    workload_identity_provider = google_iam_workload_identity_pool_provider.github[0].name
    service_account            = google_service_account.deployer[0].email
  }
}
