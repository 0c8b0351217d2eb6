# How work reaches the functions. Whatever the route, what is refused for good
# ends in a topic with a subscription that keeps it.

# Requests -> Capture

resource "google_pubsub_topic" "requests" {
  count = var.capture_trigger == "http" ? 0 : 1

  name                       = "${var.name}-requests"
  kms_key_name               = var.kms_key
  message_retention_duration = "604800s" # 7 days to seek back to

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

# Whose connectors publish.
locals {
  publishers = concat(var.publishers, var.kafka.managed == null ? [] : [local.agents.kafka])
}

resource "google_pubsub_topic_iam_member" "requests" {
  for_each = toset(var.capture_trigger == "http" ? [] : local.publishers)

  topic  = google_pubsub_topic.requests[0].id
  role   = "roles/pubsub.publisher"
  member = each.value
}

module "capture_push" {
  source = "./modules/push-subscription"
  count  = var.capture_trigger == "pubsub" ? 1 : 0

  name                 = "${var.name}-capture"
  topic                = google_pubsub_topic.requests[0].id
  endpoint             = module.capture.uri
  invoker              = google_service_account.invoker["capture"].email
  agent                = local.agents.pubsub
  region               = var.region
  ack_deadline_seconds = var.ack_deadline_seconds
  kms_key              = var.kms_key

  depends_on = [google_service_account_iam_member.push]
}

resource "google_eventarc_trigger" "capture" {
  count = var.capture_trigger == "eventarc" ? 1 : 0

  name            = "${var.name}-capture"
  location        = var.region
  service_account = google_service_account.invoker["capture"].email

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.pubsub.topic.v1.messagePublished"
  }
  transport {
    pubsub {
      topic = google_pubsub_topic.requests[0].id
    }
  }
  destination {
    cloud_run_service {
      service = module.capture.name
      region  = var.region
    }
  }

  depends_on = [google_project_iam_member.eventarc_agent]
}

# Finalized manifests -> Recognize

resource "google_pubsub_topic" "finalized" {
  count = var.recognize_trigger == "notification" ? 1 : 0

  name         = "${var.name}-finalized"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic_iam_member" "finalized" {
  count = length(google_pubsub_topic.finalized)

  topic  = google_pubsub_topic.finalized[0].id
  role   = "roles/pubsub.publisher"
  member = local.agents.storage
}

resource "google_storage_notification" "finalized" {
  count = length(google_pubsub_topic.finalized)

  bucket         = google_storage_bucket.of["pages"].name
  topic          = google_pubsub_topic.finalized[0].id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  # Without its subscription, what is announced meanwhile would be lost.
  depends_on = [google_pubsub_topic_iam_member.finalized, module.recognize_push]
}

module "recognize_push" {
  source = "./modules/push-subscription"
  count  = length(google_pubsub_topic.finalized)

  name                 = "${var.name}-recognize"
  topic                = google_pubsub_topic.finalized[0].id
  endpoint             = module.recognize.uri
  invoker              = google_service_account.invoker["recognize"].email
  agent                = local.agents.pubsub
  region               = var.region
  ack_deadline_seconds = var.ack_deadline_seconds
  kms_key              = var.kms_key

  depends_on = [google_service_account_iam_member.push]
}

resource "google_eventarc_trigger" "recognize" {
  count = var.recognize_trigger == "eventarc" ? 1 : 0

  name            = "${var.name}-recognize"
  location        = var.region
  service_account = google_service_account.invoker["recognize"].email

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.storage.object.v1.finalized"
  }
  matching_criteria {
    attribute = "bucket"
    value     = google_storage_bucket.of["pages"].name
  }
  destination {
    cloud_run_service {
      service = module.recognize.name
      region  = var.region
    }
  }

  depends_on = [google_project_iam_member.eventarc_agent, google_project_iam_member.receives_events, google_project_iam_member.announces_objects]
}

# Eventarc makes its subscriptions itself, with a 10 s ack deadline and no dead
# letter, and the provider cannot change them. All but that is declared here; a
# command in the outputs does the rest.

module "eventarc_dead" {
  source   = "./modules/dead-letter"
  for_each = local.eventarc_subscriptions

  name    = "${var.name}-${each.key}-eventarc"
  agent   = local.agents.pubsub
  region  = var.region
  kms_key = var.kms_key

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_subscription_iam_member" "eventarc_dead" {
  for_each = local.eventarc_subscriptions

  subscription = each.value
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}

locals {
  # A mocked provider tells no subscription; a real one always does.
  eventarc_subscriptions = {
    for f, t in merge({ for t in google_eventarc_trigger.capture : "capture" => t }, { for t in google_eventarc_trigger.recognize : "recognize" => t }) :
    f => try(t.transport[0].pubsub[0].subscription, "subscription-of-${t.name}")
  }
}
