output "topic" {
  description = "Where dead letters are published."
  value       = google_pubsub_topic.dead.id
}

output "subscription" {
  description = "Where they wait."
  value       = google_pubsub_subscription.dead.name
}
