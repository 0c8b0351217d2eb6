output "name" {
  description = "Of the service."
  value       = google_cloud_run_v2_service.function.name
}

output "uri" {
  description = "Where it is called, and the audience of a token to call it with."
  value       = google_cloud_run_v2_service.function.uri
}
