# Written by tools/infra.py from infra/interface.json: change that.

output "site_url" {
  description = "The site."
  value       = local.outputs.site_url
}

output "api_url" {
  description = "The API, without a closing slash."
  value       = local.outputs.api_url
}

output "jwks_url" {
  description = "The public keys of access tokens."
  value       = local.outputs.jwks_url
}

output "store_url" {
  description = "The private store, as TREFOIL_STORE names it."
  value       = local.outputs.store_url
}

output "ingest_bucket" {
  description = "Where files are dropped, under incoming/{account}/."
  value       = local.outputs.ingest_bucket
}

output "queue_ids" {
  description = "The queues, by name: those that functions send to, and those that carry objects."
  value       = local.outputs.queue_ids
}

output "dead_letter_queue_ids" {
  description = "Where messages go that failed too often, by the name of their queue."
  value       = local.outputs.dead_letter_queue_ids
}

output "secret_ids" {
  description = "The cloud's id of each secret, by name."
  value       = local.outputs.secret_ids
}

output "function_names" {
  description = "The cloud's name of each function, by its name in the function set."
  value       = local.outputs.function_names
}

output "identities" {
  description = "Whom the apps api and worker act as."
  value       = local.outputs.identities
}

output "dashboard_url" {
  description = "The dashboard in the cloud's console."
  value       = local.outputs.dashboard_url
}

output "alarm_ids" {
  description = "The cloud's id of each alarm, by name."
  value       = local.outputs.alarm_ids
}
