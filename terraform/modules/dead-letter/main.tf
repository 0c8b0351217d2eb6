# A topic for messages that were never accepted, and a subscription that keeps
# them for a person to read: `pageinspect retry --dead-letter FILE`.

resource "google_pubsub_topic" "dead" {
  name         = "${var.name}-dead"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "dead" {
  name                       = "${var.name}-dead"
  topic                      = google_pubsub_topic.dead.id
  ack_deadline_seconds       = 600        # time to replay what was pulled before it is acknowledged
  message_retention_duration = "2678400s" # 31 days, Pub/Sub's most

  expiration_policy {
    ttl = "" # never
  }
}

resource "google_pubsub_topic_iam_member" "mover" {
  topic  = google_pubsub_topic.dead.id
  role   = "roles/pubsub.publisher"
  member = var.agent
}
