# The function set as core declares it, with what an apply makes of it on every cloud. It has no resources.

variable "name" {
  description = "First part of the functions' names on the cloud."
  type        = string
  nullable    = false
}

variable "gateway_authorizer" {
  description = "Whether there is a gateway that asks the authorizer; elsewhere the API judges tokens itself."
  type        = bool
  nullable    = false
}

variable "function_memory_mb" {
  description = "As the root's."
  type        = number
  nullable    = false
}

variable "http_timeout_seconds" {
  description = "As the root's."
  type        = number
  nullable    = false
}

variable "job_timeout_seconds" {
  description = "As the root's."
  type        = number
  nullable    = false
}

locals {
  functions = {
    for name, one in jsondecode(file("${path.module}/../../functions.json")) : name => merge(one, {
      cloud   = "${var.name}-${replace(name, "_", "-")}"
      app     = contains(["http", "authorizer"], one.trigger) ? "api" : "worker"
      memory  = one.memory_mb > 512 ? var.function_memory_mb : one.memory_mb
      timeout = min(one.timeout_s, one.trigger == "http" ? var.http_timeout_seconds : var.job_timeout_seconds)
      # What it takes messages from: a queue, or the dead letters of that queue.
      queue = one.trigger == "object" ? name : trimsuffix(one.source, "-dead")
      dead  = one.trigger == "queue" && endswith(one.source, "-dead")
    }) if one.trigger != "authorizer" || var.gateway_authorizer
  }
  consumers = { for name, one in local.functions : name => one if contains(["object", "queue"], one.trigger) }
}

output "all" {
  description = "Every function with its name on the cloud, app, memory and time-out."
  value       = local.functions
}

output "apps" {
  description = "The apps, each of which is one identity: api answers requests, worker does everything else."
  value       = toset([for one in values(local.functions) : one.app])
}

output "scheduled" {
  description = "The functions that the schedule strikes."
  value       = { for name, one in local.functions : name => one if one.trigger == "schedule" }
}

output "consumers" {
  description = "The functions that take messages."
  value       = local.consumers
}

output "queues" {
  description = "The queues, each with the function that takes from it."
  value       = { for name, one in local.consumers : one.queue => merge(one, { function = name }) if !one.dead }
}

output "buriers" {
  description = "The queues again, each with the function that writes letters of what failed too often."
  value       = { for name, one in local.consumers : one.queue => merge(one, { function = name }) if one.dead }
}
