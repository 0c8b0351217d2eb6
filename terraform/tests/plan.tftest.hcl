# The real provider plans a deployment from nothing: it checks every value
# that Google's services would, and asks no network, for there is nothing yet
# to be read. The token is not one.

provider "google" {
  project               = "my-project-123"
  region                = "asia-northeast3"
  access_token          = "not-a-token"
  user_project_override = false
}

variables {
  project      = { id = "my-project-123", number = "123456789012" }
  region       = "asia-northeast3"
  capture      = { image = "r/capture@sha256:0000000000000000000000000000000000000000000000000000000000000000", allow = ["10.0.0.0/8"] }
  recognize    = { image = "r/recognize@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  alert_emails = ["oncall@example.com"]
}

run "own_kafka_http" {
  command = plan
  variables {
    kafka = { own = { brokers = ["b:9093"], sasl = { mechanism = "PLAIN", username = "u" }, ca_version = "2" } }
  }
  assert {
    condition     = local.eventarc == false && length(google_pubsub_topic_iam_member.finalized) == 1
    error_message = "Only the bucket announces."
  }
}

run "own_kafka_eventarc" {
  command = plan
  variables {
    kafka             = { own = { brokers = ["b:9093"] } }
    capture_trigger   = "eventarc"
    recognize_trigger = "eventarc"
    otlp_endpoint     = "http://collector:4318"
    publishers        = ["serviceAccount:connect@my-project-123.iam.gserviceaccount.com"]
  }
  assert {
    condition     = contains(local.apis, "eventarc")
    error_message = "Eventarc is switched on."
  }
}

run "callers_show_a_secret" {
  command = plan
  variables {
    kafka                          = { own = { brokers = ["b:9093"] } }
    capture_caller_secret_versions = ["1"]
  }
  assert {
    condition     = length(google_secret_manager_secret.of) == 1
    error_message = "There is one secret, that of the callers."
  }
}

run "managed_kafka_pubsub_own_key" {
  command = plan
  variables {
    capture_trigger     = "pubsub"
    results_in_bigquery = true
    kms_key             = "projects/my-project-123/locations/asia-northeast3/keyRings/r/cryptoKeys/k"
    kafka = {
      managed = { operators = ["reviewer@my-project-123.iam.gserviceaccount.com"] }
      subnet  = "projects/my-project-123/regions/asia-northeast3/subnetworks/default"
    }
  }
  assert {
    condition     = google_managed_kafka_cluster.kafka[0].capacity_config[0].memory_bytes == "12884901888"
    error_message = "3 CPUs with 12 GiB."
  }
}

run "desk_with_managed_kafka" {
  command = plan
  variables {
    capture_trigger = "pubsub"
    kafka = {
      managed = {}
      subnet  = "projects/my-project-123/regions/asia-northeast3/subnetworks/default"
    }
    desk = {
      image     = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      reviewers = ["group:reviewers@example.com"]
      recheck   = { schedule = "0 4 * * *" }
    }
  }
  assert {
    condition     = length(google_managed_kafka_topic.of) == 4
    error_message = "Decisions have a topic."
  }
}
