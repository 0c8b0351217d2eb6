# A push subscription: it waits, it repeats, it keeps what was never accepted.

mock_provider "google" {
  mock_resource "google_pubsub_topic" {
    defaults = { id = "projects/p/topics/dead" }
  }
}

variables {
  name                 = "capture"
  topic                = "projects/p/topics/requests"
  endpoint             = "https://capture.a.run.app"
  invoker              = "in@p.iam.gserviceaccount.com"
  agent                = "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com"
  region               = "asia-northeast3"
  ack_deadline_seconds = 600
  kms_key              = null
}

run "push" {
  module {
    source = "./modules/push-subscription"
  }
  assert {
    condition     = google_pubsub_subscription.push.ack_deadline_seconds == 600 && google_pubsub_subscription.push.expiration_policy[0].ttl == ""
    error_message = "It waits as long as it may, and never expires."
  }
  assert {
    condition     = google_pubsub_subscription.push.push_config[0].oidc_token[0].service_account_email == var.invoker && google_pubsub_subscription.push.push_config[0].oidc_token[0].audience == var.endpoint
    error_message = "It signs in as the invoker, to this function alone."
  }
  assert {
    condition     = google_pubsub_subscription.push.dead_letter_policy[0].dead_letter_topic == "projects/p/topics/dead" && google_pubsub_subscription.push.dead_letter_policy[0].max_delivery_attempts == 100
    error_message = "It has a dead letter."
  }
  assert {
    condition     = google_pubsub_subscription.push.retry_policy[0].minimum_backoff == "10s" && google_pubsub_subscription.push.retry_policy[0].maximum_backoff == "600s"
    error_message = "It repeats with growing pauses."
  }
  assert {
    condition     = google_pubsub_subscription_iam_member.mover.member == var.agent && google_pubsub_subscription_iam_member.mover.role == "roles/pubsub.subscriber"
    error_message = "Pub/Sub may take what it moves to the dead letters."
  }
}

run "dead_letters" {
  module {
    source = "./modules/dead-letter"
  }
  assert {
    condition     = google_pubsub_subscription.dead.message_retention_duration == "2678400s" && google_pubsub_subscription.dead.expiration_policy[0].ttl == "" && length(google_pubsub_subscription.dead.push_config) == 0
    error_message = "They wait for a person, a month, and the subscription never expires."
  }
  assert {
    condition     = google_pubsub_topic_iam_member.mover.member == var.agent && google_pubsub_topic_iam_member.mover.role == "roles/pubsub.publisher"
    error_message = "Pub/Sub may put them there."
  }
}
