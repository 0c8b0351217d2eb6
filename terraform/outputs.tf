output "capture_url" {
  description = "Where Kafka Connect calls Capture (capture_trigger http)."
  value       = module.capture.uri
}

output "capture_invoker" {
  description = "The account that Kafka Connect signs in as."
  value       = google_service_account.invoker["capture"].email
}

output "desk_url" {
  description = "Where reviewers go."
  value       = one(module.desk[*].uri)
}

output "requests_pubsub_topic" {
  description = "Where a Pub/Sub sink connector publishes (capture_trigger pubsub or eventarc)."
  value       = one(google_pubsub_topic.requests[*].id)
}

output "results_pubsub_topic" {
  description = "Where a Pub/Sub sink connector publishes results (results_in_bigquery)."
  value       = one(google_pubsub_topic.results[*].id)
}

output "bigquery" {
  description = "The view of each page's last result (results_in_bigquery)."
  value       = one([for t in google_bigquery_table.pages : "${var.project.id}.${t.dataset_id}.${t.table_id}"])
}

output "buckets" {
  description = "What is kept where."
  value       = { for k, b in google_storage_bucket.of : k => b.name }
}

output "image_repository" {
  description = "What `make images IMAGES=…` is told."
  value       = "${var.region}-docker.pkg.dev/${var.project.id}/${google_artifact_registry_repository.images.repository_id}"
}

output "environment" {
  description = "What `pageinspect submit`, `status`, `errors`, `retry` and `desk` need to know: eval \"$(terraform output -raw environment)\". The password, if there is one, is KAFKA_SASL_PASSWORD; with Managed Kafka the user name is one of kafka.managed.operators, that you are signed in as."
  value = join("\n", [for name, value in merge({
    KAFKA_BROKERS        = local.kafka_env.KAFKA_BROKERS
    KAFKA_TLS            = local.kafka_env.KAFKA_TLS
    KAFKA_SASL_MECHANISM = local.kafka_env.KAFKA_SASL_MECHANISM
    KAFKA_SASL_USERNAME  = local.managed != null ? try(local.managed.operators[0], "") : local.kafka_username["capture"]
    REQUESTS_TOPIC       = var.kafka.topics.requests
    RESULTS_TOPIC        = var.kafka.topics.results
    ERRORS_TOPIC         = var.kafka.topics.errors
    SCREENSHOTS_BUCKET   = google_storage_bucket.of["screenshots"].name
    PAGES_BUCKET         = google_storage_bucket.of["pages"].name
    RESULTS_BUCKET       = google_storage_bucket.of["results"].name
    }, local.has_desk ? {
    DECISIONS_TOPIC  = var.kafka.topics.decisions
    DECISIONS_BUCKET = google_storage_bucket.of["decisions"].name
  } : {}) : "export ${name}='${value}'"])
}

output "kafka_topics" {
  description = "Topics with their partitions and settings: made already in a managed cluster, to be made in your own."
  value       = local.kafka_topics
}

output "secrets" {
  description = "Secrets that wait for a version: gcloud secrets versions add NAME --data-file=-"
  value       = [for s in google_secret_manager_secret.of : s.secret_id]
}

output "dead_letters" {
  description = "Subscriptions in which dead letters wait."
  value       = local.dead_subscriptions
}

output "eventarc_commands" {
  description = "With an eventarc trigger, run these once after the first apply: they raise the ack deadline from 10 s and keep dead letters, which Terraform cannot. Until then pages that take longer are delivered more than once, and inspected once."
  value = [for f, s in local.eventarc_subscriptions :
    "gcloud pubsub subscriptions update ${s} --ack-deadline=${var.ack_deadline_seconds} --min-retry-delay=10s --max-retry-delay=600s --dead-letter-topic=${module.eventarc_dead[f].topic} --max-delivery-attempts=100"
  ]
}

output "dashboard" {
  description = "The dashboard."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${element(split("/", google_monitoring_dashboard.pageinspect.id), 3)}?project=${var.project.id}"
}
