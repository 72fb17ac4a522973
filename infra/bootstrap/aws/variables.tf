variable "account_id" {
  description = "The AWS account, 12 digits."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The cloud's own name of the region that keeps the state."
  type        = string
  nullable    = false
}

variable "name_prefix" {
  description = "First part of every resource's name, as the deployment has it."
  type        = string
  default     = "trefoil"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,11}$", var.name_prefix))
    error_message = "name_prefix must be 3 to 12 lower-case letters and digits, a letter first."
  }
}

variable "repository" {
  description = "The GitHub repository whose workflows may deploy, as owner/name. Null: none, people deploy."
  type        = string
  default     = null

  validation {
    condition     = var.repository == null || can(regex("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be owner/name."
  }
}

variable "github_environment" {
  description = "The environment of that repository which workflows must run in: GitHub asks its reviewers first."
  type        = string
  default     = "production"
  nullable    = false
}

variable "github_subject" {
  description = "The `sub` of the workflows' tokens, where it is not repo:owner/name:environment:name: repositories made since June 2026 have numbers in it (see their settings, Actions, OIDC)."
  type        = string
  default     = null
}

variable "existing_github_provider" {
  description = "ARN of the account's identity provider for GitHub, of which there can be only one. Null makes it."
  type        = string
  default     = null
}
