output "name" {
  description = "Of the service."
  value       = google_cloud_run_v2_service.function.name
}

output "environment" {
  description = "What the container is told; secrets by reference."
  value       = google_cloud_run_v2_service.function.template[0].containers[0].env
}

output "mounts" {
  description = "Where the container's files are, by the name of their volume."
  value       = { for m in google_cloud_run_v2_service.function.template[0].containers[0].volume_mounts : m.name => m.mount_path }
}

output "uri" {
  description = "Where it is called, and the audience of a token to call it with."
  value       = google_cloud_run_v2_service.function.uri
}
