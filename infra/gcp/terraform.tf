terraform {
  required_version = ">= 1.11" # write-only arguments

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

  # The state's place is given to `terraform init -backend-config`: see infra/bootstrap/gcp.
  backend "gcs" {}
}

provider "google" {
  project        = var.account_id
  region         = var.region
  default_labels = local.tags
}

# The budgets' API wants to know who pays for the call when a person makes it.
provider "google" {
  alias                 = "billing"
  project               = var.account_id
  billing_project       = var.account_id
  user_project_override = true
  default_labels        = local.tags
}

data "google_project" "this" {
  project_id = var.account_id
}

resource "google_project_service" "this" {
  for_each = toset([
    "artifactregistry", "billingbudgets", "cloudbuild", "cloudfunctions", "cloudscheduler", "compute", "dns", "iam", "iamcredentials",
    "logging", "monitoring", "pubsub", "run", "secretmanager", "storage", "workflowexecutions", "workflows", "workloadidentity",
  ])

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # others in the project may use it
}

# A service that was just enabled may still be refused; everything waits.
# https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/google_project_service
resource "time_sleep" "services" {
  create_duration = "120s"
  triggers        = { for name, one in google_project_service.this : name => one.id }
}
