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

run "exports_in_bigquery" {
  command = plan
  variables {
    kafka               = { own = { brokers = ["b:9093"] } }
    exports_in_bigquery = true
  }
  assert {
    condition     = length(jsondecode(google_bigquery_table.exports[0].external_data_configuration[0].schema)) > 20
    error_message = "The columns are there."
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

run "desk_with_all_its_options" {
  command = plan
  variables {
    kms_key       = "projects/my-project-123/locations/asia-northeast3/keyRings/r/cryptoKeys/k"
    otlp_endpoint = "https://collector:4318"
    labels        = { team = "trust" }
    kafka = {
      own    = { brokers = ["b:9093"], sasl = { mechanism = "SCRAM-SHA-512", username = "u", password_version = "3" }, ca_version = "2" }
      subnet = "projects/my-project-123/regions/asia-northeast3/subnetworks/default"
    }
    desk = {
      image                = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      reviewers            = ["group:reviewers@example.com", "user:you@example.com", "domain:example.com"]
      deciders             = ["you@example.com", "*@example.com"]
      cpu                  = 4
      memory_mib           = 8192
      concurrency          = 40
      min_instances        = 1
      max_instances        = 3
      second               = 0.1
      passes               = 0
      golden               = 1
      evidence_key_version = "2"
      timestamp_url        = "https://timestamp.example.com"
      notice_template      = "example.tfvars" # any file
      notice_days          = 14
      recheck              = { schedule = "*/30 4 * * 1-5", time_zone = "Asia/Seoul", older = "36h", verdicts = ["pass", "review"], states = ["dismissed", "none"], limit = 50 }
    }
  }
  assert {
    condition     = { for e in module.desk[0].environment : e.name => "${e.value_source[0].secret_key_ref[0].secret} ${e.value_source[0].secret_key_ref[0].version}" if length(e.value_source) > 0 } == { KAFKA_SASL_PASSWORD = "pageinspect-kafka-password 3", EVIDENCE_KEY = "pageinspect-evidence-key 2" }
    error_message = "The password and the key that signs are secrets."
  }
  assert {
    condition     = { for e in module.desk[0].environment : e.name => e.value if contains(["DESK_SECOND", "DESK_PASSES", "DESK_GOLDEN", "NOTICE_DAYS", "KAFKA_TLS_CA", "NOTICE_TEMPLATE"], e.name) } == { DESK_SECOND = "0.1", DESK_PASSES = "0", DESK_GOLDEN = "1", NOTICE_DAYS = "14", KAFKA_TLS_CA = "/secrets/kafka-ca/ca.pem", NOTICE_TEMPLATE = "/config/${filemd5("example.tfvars")}-example.tfvars" }
    error_message = "Shares, days, CA and words reach the desk; a share of nothing is said, too."
  }
  assert {
    condition     = module.desk[0].mounts == { config = "/config", kafka-ca = "/secrets/kafka-ca" }
    error_message = "The files are where the desk is told."
  }
  assert {
    condition     = google_cloud_run_v2_job.recheck[0].template[0].template[0].encryption_key == var.kms_key && google_storage_bucket.of["decisions"].encryption[0].default_kms_key_name == var.kms_key && google_secret_manager_secret.of["evidence-key"].replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name == var.kms_key
    error_message = "What the desk keeps is encrypted with the key."
  }
  assert {
    condition     = { for m in google_cloud_run_v2_job.recheck[0].template[0].template[0].containers[0].volume_mounts : m.name => m.mount_path } == { kafka-ca = "/secrets/kafka-ca" }
    error_message = "The job verifies the brokers."
  }
  assert {
    condition     = google_cloud_scheduler_job.recheck[0].schedule == "*/30 4 * * 1-5" && length(google_iap_web_cloud_run_service_iam_member.reviewer) == 3
    error_message = "The job is started, and each reviewer let in."
  }
}
