# The function set as it is declared, with what an apply makes of it on every cloud. It has no resources.

variable "file" {
  description = "As the root's functions_file."
  type        = string
  nullable    = false
}

variable "name" {
  description = "First part of the functions' names on the cloud."
  type        = string
  nullable    = false
}

variable "gateway_authorizer" {
  description = "Whether there is a gateway that asks an authorizer; elsewhere the API judges tokens itself."
  type        = bool
  nullable    = false
}

variable "function_memory_mb" {
  description = "As the root's."
  type        = number
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

variable "max_delivery_attempts" {
  description = "As the root's."
  type        = number
}

variable "schedule_cron" {
  description = "As the root's."
  type        = map(string)
  nullable    = false
}

locals {
  declared = jsondecode(file(var.file))
  functions = {
    for name, one in local.declared.functions : name => merge(one, {
      cloud    = "${var.name}-${replace(name, "_", "-")}"
      app      = contains(["http", "authorizer"], one.trigger) ? "api" : "worker"
      memory   = one.memory_mb > 512 ? coalesce(var.function_memory_mb, one.memory_mb) : one.memory_mb
      timeout  = min(one.timeout_s, one.trigger == "http" ? var.http_timeout_seconds : var.job_timeout_seconds)
      attempts = coalesce(var.max_delivery_attempts, one.attempts)
      cron     = one.trigger == "schedule" ? lookup(var.schedule_cron, name, one.source) : null
    }) if one.trigger != "authorizer" || var.gateway_authorizer
  }
  declared_schedules = [for name, one in local.declared.functions : name if one.trigger == "schedule"]
  consumers          = { for name, one in local.functions : name => one if one.queue != "" }
}

output "set" {
  description = "The package of the function set, which the adapters load."
  value       = local.declared.set
}

output "all" {
  description = "Every function with its name on the cloud, app, memory, time-out and attempts."
  value       = local.functions
}

output "apps" {
  description = "The apps, each of which is one identity: api answers requests, worker does everything else."
  value       = toset([for one in values(local.functions) : one.app])
}

output "http" {
  description = "The function that answers requests."
  value       = one([for one in values(local.functions) : one if one.trigger == "http"])
}

output "authorizer" {
  description = "The function that a gateway asks, or null."
  value       = one([for one in values(local.functions) : one if one.trigger == "authorizer"])
}

output "scheduled" {
  description = "The functions that a schedule fires, each with its cron."
  value       = { for name, one in local.functions : name => one if one.trigger == "schedule" }
}

output "declared_schedules" {
  description = "Their names alone, which schedule_cron is checked against: it needs nothing but the file."
  value       = local.declared_schedules
}

output "declared_schedules_text" {
  description = "The same, for a message."
  value       = join(", ", local.declared_schedules)
}

output "schedules" {
  description = "TREFOIL_SCHEDULES: the functions that fire at another time than they declare."
  value       = join(";", [for name, cron in var.schedule_cron : "${name}=${cron}"])
}

output "consumers" {
  description = "The functions that take messages."
  value       = local.consumers
}

output "queues" {
  description = "The queues, each with the function that takes from it."
  value       = { for name, one in local.consumers : one.queue => merge(one, { function = name }) if one.trigger != "dead" }
}

output "buriers" {
  description = "The queues again, each with the function that writes letters of what failed too often."
  value       = { for name, one in local.consumers : one.queue => merge(one, { function = name }) if one.trigger == "dead" }
}
