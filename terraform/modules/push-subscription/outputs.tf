output "name" {
  description = "Of the subscription."
  value       = google_pubsub_subscription.push.name
}

output "dead_subscription" {
  description = "Where dead letters wait."
  value       = module.dead.subscription
}
