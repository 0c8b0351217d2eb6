# A push that waits as long as a page may take, is repeated with growing pauses,
# and keeps what was never accepted.

resource "google_pubsub_subscription" "push" {
  name                       = var.name
  topic                      = var.topic
  ack_deadline_seconds       = var.ack_deadline_seconds
  message_retention_duration = "604800s" # 7 days
  retain_acked_messages      = false

  push_config {
    push_endpoint = var.endpoint
    oidc_token {
      service_account_email = var.invoker
      audience              = var.endpoint
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = module.dead.topic
    max_delivery_attempts = 100 # Pub/Sub's most; the code records a failure long before
  }

  expiration_policy {
    ttl = "" # never, however long nothing comes
  }
}

module "dead" {
  source = "../dead-letter"

  name    = var.name
  agent   = var.agent
  region  = var.region
  kms_key = var.kms_key
}

# Pub/Sub moves a message: it takes it from here and publishes it there.
resource "google_pubsub_subscription_iam_member" "mover" {
  subscription = google_pubsub_subscription.push.id
  role         = "roles/pubsub.subscriber"
  member       = var.agent
}
