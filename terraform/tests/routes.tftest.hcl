# Every route and both kinds of Kafka, applied to a mocked provider: what is
# made, and that what belongs together agrees.

mock_provider "google" {
  mock_resource "google_cloud_run_v2_service" {
    defaults = { uri = "https://function.a.run.app" }
  }
  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/my-project-123/serviceAccounts/a@my-project-123.iam.gserviceaccount.com"
      email  = "a@my-project-123.iam.gserviceaccount.com"
      member = "serviceAccount:a@my-project-123.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_monitoring_dashboard" {
    defaults = { id = "projects/123456789012/dashboards/d" }
  }
  mock_resource "google_pubsub_topic" {
    defaults = { id = "projects/my-project-123/topics/t" }
  }
}

variables {
  project   = { id = "my-project-123", number = "123456789012" }
  region    = "asia-northeast3"
  capture   = { image = "r/capture@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  recognize = { image = "r/recognize@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  kafka     = { own = { brokers = ["b:9093"], sasl = { mechanism = "SCRAM-SHA-512", username = "u" } } }
}

run "http_and_notification" {
  assert {
    condition     = length(google_pubsub_topic.requests) == 0 && length(module.capture_push) == 0 && length(google_eventarc_trigger.capture) == 0
    error_message = "With http nothing stands between Kafka Connect and Capture."
  }
  assert {
    condition     = length(module.recognize_push) == 1 && length(google_eventarc_trigger.recognize) == 0
    error_message = "A finalize reaches Recognize by one subscription of our own."
  }
  assert {
    condition     = google_storage_notification.finalized[0].event_types == toset(["OBJECT_FINALIZE"]) && google_storage_notification.finalized[0].bucket == google_storage_bucket.of["pages"].name
    error_message = "Only what is put into the pages bucket is announced."
  }
  assert {
    condition     = length(google_project_iam_member.receives_events) + length(google_project_iam_member.announces_objects) + length(google_project_iam_member.kafka_client) == 0
    error_message = "This route needs no role on the project."
  }
  assert {
    condition     = length(google_managed_kafka_cluster.kafka) == 0 && local.kafka_env.KAFKA_BROKERS == "b:9093" && local.kafka_env.KAFKA_TLS
    error_message = "Brokers of one's own are used, with TLS unless said otherwise."
  }
  assert {
    condition     = keys(google_secret_manager_secret.of) == ["kafka-password"] && length(google_secret_manager_secret_iam_member.runtime) == 2
    error_message = "Each function may read the password and there is no other secret."
  }
  assert {
    condition     = alltrue([for b in google_storage_bucket.of : b.public_access_prevention == "enforced" && b.uniform_bucket_level_access && b.location == "ASIA-NORTHEAST3"])
    error_message = "A bucket could be made public, or lies elsewhere."
  }
  assert {
    condition     = toset([for a in google_monitoring_alert_policy.of : a.combiner]) == toset(["OR"]) && length(google_monitoring_alert_policy.of) == 7
    error_message = "All seven alerts."
  }
  assert {
    condition     = output.requests_pubsub_topic == null && length(output.eventarc_commands) == 0 && keys(output.dead_letters) == ["recognize"]
    error_message = "The outputs tell of this route."
  }
  assert {
    condition     = strcontains(output.environment, "export KAFKA_SASL_USERNAME='u'\n") && !strcontains(output.environment, "PASSWORD")
    error_message = "The command is told all but the password."
  }
}

run "callers_show_a_secret" {
  variables {
    capture_caller_secret_versions = ["3", "4"]
  }
  assert {
    condition = { for e in module.capture.environment : e.name => e.value_source[0].secret_key_ref[0] if startswith(e.name, "CAPTURE_CALLER") } == {
      CAPTURE_CALLER_SECRET      = { secret = "pageinspect-callers", version = "3" }
      CAPTURE_CALLER_SECRET_NEXT = { secret = "pageinspect-callers", version = "4" }
    }
    error_message = "Both versions are good at a time."
  }
  assert {
    condition     = anytrue([for e in module.capture.environment : e.name == "CAPTURE_PUBLIC" && e.value == "true"])
    error_message = "The code knows that nobody but it checks who calls."
  }
  assert {
    condition     = keys(google_secret_manager_secret_iam_member.runtime) == ["capture callers", "capture kafka-password", "recognize kafka-password"]
    error_message = "Recognize has no business with that secret."
  }
}

run "results_in_bigquery" {
  variables {
    results_in_bigquery = true
    publishers          = ["serviceAccount:connect@my-project-123.iam.gserviceaccount.com"]
  }
  assert {
    condition     = google_pubsub_subscription.results[0].bigquery_config[0].table == "my-project-123.pageinspect.events" && google_bigquery_table_iam_member.writer[0].member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub writes the events into the table."
  }
  assert {
    condition     = keys(google_pubsub_topic_iam_member.results) == ["serviceAccount:connect@my-project-123.iam.gserviceaccount.com"] && length(google_pubsub_topic_iam_member.requests) == 0
    error_message = "The connector alone may publish."
  }
  assert {
    condition     = output.bigquery == "my-project-123.pageinspect.pages" && contains(local.apis, "bigquery") && contains(keys(output.dead_letters), "bigquery")
    error_message = "The output names the view; what was never written is kept."
  }
}

run "exports_in_bigquery" {
  variables {
    exports_in_bigquery = true
  }
  assert {
    condition     = one(google_bigquery_table.exports[0].external_data_configuration[0].source_uris) == "gs://my-project-123-pageinspect-exports/*.jsonl" && output.exports == { table = "my-project-123.pageinspect.exports", uri = "gs://my-project-123-pageinspect-exports" }
    error_message = "The table is over what lies in the bucket."
  }
  assert {
    condition     = contains(local.apis, "bigquery") && length(google_bigquery_dataset.pageinspect) == 1 && length(google_bigquery_table.events) == 0 && length(google_pubsub_topic.results) == 0
    error_message = "No connector, and nothing is copied."
  }
}

run "pubsub" {
  variables {
    capture_trigger = "pubsub"
    publishers      = ["serviceAccount:connect@my-project-123.iam.gserviceaccount.com"]
  }
  assert {
    condition     = length(module.capture_push) == 1 && keys(google_pubsub_topic_iam_member.requests) == ["serviceAccount:connect@my-project-123.iam.gserviceaccount.com"]
    error_message = "One push, and the connector alone may publish."
  }
  assert {
    condition     = keys(output.dead_letters) == ["capture", "recognize"]
    error_message = "Each subscription has its dead letters."
  }
}

run "eventarc_both" {
  variables {
    capture_trigger   = "eventarc"
    recognize_trigger = "eventarc"
  }
  assert {
    condition     = length(module.capture_push) == 0 && length(module.recognize_push) == 0 && length(google_storage_notification.finalized) == 0
    error_message = "An event is delivered by one route."
  }
  assert {
    condition     = { for c in google_eventarc_trigger.recognize[0].matching_criteria : c.attribute => c.value } == { type = "google.cloud.storage.object.v1.finalized", bucket = google_storage_bucket.of["pages"].name }
    error_message = "The trigger is for what is put into the pages bucket."
  }
  assert {
    condition     = keys(output.dead_letters) == ["capture", "recognize"] && length(google_pubsub_subscription_iam_member.eventarc_dead) == 2
    error_message = "Eventarc's subscriptions get dead letters too."
  }
  assert {
    condition     = length(output.eventarc_commands) == 2 && alltrue([for c in output.eventarc_commands : strcontains(c, " --ack-deadline=600 ") && strcontains(c, " --dead-letter-topic=projects/my-project-123/topics/t ") && strcontains(c, "--max-delivery-attempts=100")])
    error_message = "The commands raise the deadline: ${jsonencode(output.eventarc_commands)}"
  }
}

run "managed_kafka" {
  variables {
    capture_trigger = "pubsub"
    kafka = {
      managed = { operators = ["reviewer@my-project-123.iam.gserviceaccount.com"] }
      subnet  = "projects/my-project-123/regions/asia-northeast3/subnetworks/default"
    }
  }
  assert {
    condition     = local.kafka_env.KAFKA_BROKERS == "bootstrap.pageinspect-kafka.asia-northeast3.managedkafka.my-project-123.cloud.goog:9092" && local.kafka_env.KAFKA_SASL_MECHANISM == "GOOGLE"
    error_message = "The functions sign in to the cluster as themselves."
  }
  assert {
    condition     = length(google_secret_manager_secret.of) == 0
    error_message = "A managed cluster needs no password."
  }
  assert {
    condition     = keys(google_managed_kafka_topic.of) == ["errors", "requests", "results"] && alltrue([for t in google_managed_kafka_topic.of : t.replication_factor == 3 && t.configs["min.insync.replicas"] == "2"])
    error_message = "Three topics that survive the loss of a broker."
  }
  assert {
    condition     = google_managed_kafka_topic.of["results"].configs["cleanup.policy"] == "compact,delete" && google_managed_kafka_topic.of["requests"].partition_count == 12
    error_message = "Results are compacted, requests spread."
  }
  assert {
    condition     = google_managed_kafka_connector.sink["requests"].configs["cps.topic"] == google_pubsub_topic.requests[0].name && google_managed_kafka_connector.sink["requests"].configs["topics"] == "pageinspect.requests" && google_managed_kafka_connector.sink["requests"].configs["metadata.publish"] == "true"
    error_message = "The sink moves requests to Capture's topic."
  }
  assert {
    condition     = !strcontains(jsonencode(google_managed_kafka_connector.sink["requests"].configs), "$${")
    error_message = "Nothing is left to be replaced: Managed Kafka's workers have no environment."
  }
  assert {
    condition = toset([for e in google_managed_kafka_acl.of["requests"].acl_entries : "${e.principal} ${e.operation}"]) == toset([
      "User:reviewer@my-project-123.iam.gserviceaccount.com READ", "User:reviewer@my-project-123.iam.gserviceaccount.com WRITE",
      "User:reviewer@my-project-123.iam.gserviceaccount.com DESCRIBE_CONFIGS", "User:service-123456789012@gcp-sa-managedkafka.iam.gserviceaccount.com READ",
    ])
    error_message = "Only operators and the connector touch requests."
  }
}

run "managed_kafka_with_bigquery" {
  variables {
    capture_trigger     = "pubsub"
    results_in_bigquery = true
    kafka = {
      managed = { operators = ["reviewer@my-project-123.iam.gserviceaccount.com", "you@example.com"] }
      subnet  = "projects/my-project-123/regions/asia-northeast3/subnetworks/default"
    }
  }
  assert {
    condition     = { for k, c in google_managed_kafka_connector.sink : k => c.configs["topics"] } == { requests = "pageinspect.requests", results = "pageinspect.results" } && google_managed_kafka_connector.sink["results"].configs["cps.topic"] == "pageinspect-results"
    error_message = "A sink each for requests and results."
  }
  assert {
    condition     = { for k, m in google_project_iam_member.kafka_client : k => m.member if strcontains(k, "@") } == { "reviewer@my-project-123.iam.gserviceaccount.com" = "serviceAccount:reviewer@my-project-123.iam.gserviceaccount.com", "you@example.com" = "user:you@example.com" } && length(google_project_iam_member.kafka_client) == 4
    error_message = "Operators and functions may connect."
  }
  assert {
    condition     = contains([for e in google_managed_kafka_acl.of["results"].acl_entries : "${e.principal} ${e.operation}"], "User:service-123456789012@gcp-sa-managedkafka.iam.gserviceaccount.com READ")
    error_message = "The connector may read results."
  }
}

run "own_key" {
  variables {
    capture_trigger = "pubsub"
    kms_key         = "projects/my-project-123/locations/asia-northeast3/keyRings/r/cryptoKeys/k"
  }
  assert {
    condition     = alltrue([for b in google_storage_bucket.of : b.encryption[0].default_kms_key_name == var.kms_key]) && google_pubsub_topic.requests[0].kms_key_name == var.kms_key
    error_message = "What is stored is encrypted with the key."
  }
  assert {
    condition     = keys(google_kms_crypto_key_iam_member.agents) == ["pubsub", "registry", "run", "secrets", "storage"]
    error_message = "Whoever stores may use the key, and nobody else."
  }
}

run "rules_of_ones_own" {
  variables {
    recognize = { image = "r/recognize@sha256:0000000000000000000000000000000000000000000000000000000000000000", rules = ["example.tfvars"] } # any file
  }
  assert {
    condition     = can(regex("^[0-9a-f]{32}-example\\.tfvars$", google_storage_bucket_object.config["example.tfvars"].name))
    error_message = "A file is named by its content, so that a change makes a new revision."
  }
  assert {
    condition     = [for e in module.recognize.environment : e.value if e.name == "RULES"] == ["/config/${google_storage_bucket_object.config["example.tfvars"].name}"] && module.recognize.mounts == { config = "/config" }
    error_message = "The rules are where Recognize is told."
  }
}

run "words_of_ones_own" {
  variables {
    desk = {
      image           = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      reviewers       = ["group:reviewers@example.com"]
      notice_template = "example.tfvars" # any file
    }
  }
  assert {
    condition     = can(regex("^[0-9a-f]{32}-example\\.tfvars$", google_storage_bucket_object.config["example.tfvars"].name))
    error_message = "The words of notices are stored under the name of their content."
  }
  assert {
    condition     = google_storage_bucket_iam_member.runtime["desk config"].role == "roles/storage.objectViewer"
    error_message = "The desk reads them."
  }
  assert {
    condition     = [for e in module.desk[0].environment : e.value if e.name == "NOTICE_TEMPLATE"] == ["/config/${google_storage_bucket_object.config["example.tfvars"].name}"] && module.desk[0].mounts == { config = "/config" }
    error_message = "They are where the desk is told."
  }
}

run "kept_as_long_as_said" {
  assert {
    condition     = { for k, b in google_storage_bucket.of : k => [for r in b.lifecycle_rule : one(r.condition).age] } == { screenshots = [30], pages = [], results = [90, 60], config = [] }
    error_message = "Screenshots stay 30 days, the cache 90, leases 60, the rest for ever."
  }
  assert {
    condition     = jsonencode([for r in google_storage_bucket.of["results"].lifecycle_rule : join("", concat(coalesce(one(r.condition).matches_prefix, []), coalesce(one(r.condition).matches_suffix, [])))]) == jsonencode(["cache/", "/lease.json"])
    error_message = "Only the cache and leases go, not the results."
  }
}

run "kept_for_ever" {
  variables {
    buckets = { screenshots_days = 0, cache_days = 0 }
  }
  assert {
    condition     = alltrue([for k, b in google_storage_bucket.of : length(b.lifecycle_rule) == (k == "results" ? 1 : 0)])
    error_message = "0 keeps things for ever, leases aside."
  }
}

run "desk" {
  variables {
    desk = {
      image     = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      reviewers = ["group:reviewers@example.com", "user:you@example.com"]
      deciders  = ["*@example.com"]
      recheck   = { schedule = "0 4 * * *", older = "14d", verdicts = ["pass", "review"] }
    }
  }
  assert {
    condition     = anytrue([for e in module.desk[0].environment : e.name == "IAP_AUDIENCE" && e.value == "/projects/123456789012/locations/asia-northeast3/services/pageinspect-desk"])
    error_message = "The desk knows which service the proxy signs for."
  }
  assert {
    condition     = anytrue([for e in module.desk[0].environment : e.name == "DECISIONS_BUCKET" && e.value == google_storage_bucket.of["decisions"].name]) && length(google_storage_bucket.of["decisions"].lifecycle_rule) == 0
    error_message = "Decisions are in a bucket that forgets nothing."
  }
  assert {
    condition     = { for k, m in google_storage_bucket_iam_member.runtime : k => m.role if startswith(k, "desk ") } == { "desk screenshots" = "roles/storage.objectViewer", "desk config" = "roles/storage.objectViewer", "desk pages" = "roles/storage.objectViewer", "desk results" = "roles/storage.objectViewer", "desk decisions" = "roles/storage.objectUser" }
    error_message = "The desk writes into its own bucket alone."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.of) == 8 && strcontains(google_monitoring_alert_policy.of["desk_5xx"].conditions[0].condition_threshold[0].filter, "pageinspect-desk")
    error_message = "The eighth alert is the desk's."
  }
  assert {
    condition     = keys(google_iap_web_cloud_run_service_iam_member.reviewer) == ["group:reviewers@example.com", "user:you@example.com"] && contains(local.apis, "iap") && contains(local.apis, "cloudscheduler")
    error_message = "The reviewers are let in."
  }
  assert {
    condition     = google_cloud_run_v2_job.recheck[0].template[0].template[0].containers[0].args == tolist(["recheck", "--older", "14d", "--limit", "1000", "--json", "--verdict", "pass", "--verdict", "review"])
    error_message = "The job asks for what was said."
  }
  assert {
    condition     = google_cloud_scheduler_job.recheck[0].http_target[0].uri == "https://run.googleapis.com/v2/projects/my-project-123/locations/asia-northeast3/jobs/pageinspect-recheck:run"
    error_message = "The scheduler starts the job."
  }
  assert {
    condition     = contains(keys(local.kafka_topics), "decisions") && strcontains(output.environment, "export DECISIONS_BUCKET=")
    error_message = "Decisions have a topic, and the command is told where they are."
  }
}

run "desk_that_signs_evidence" {
  variables {
    desk = {
      image                = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      reviewers            = ["group:reviewers@example.com"]
      evidence_key_version = "2"
      timestamp_url        = "https://timestamp.example.com"
      recheck              = { schedule = "0 4 * * *" }
    }
  }
  assert {
    condition     = [for e in module.desk[0].environment : e.value_source[0].secret_key_ref[0] if e.name == "EVIDENCE_KEY"] == [{ secret = "pageinspect-evidence-key", version = "2" }]
    error_message = "The desk is given the key."
  }
  assert {
    condition     = anytrue([for e in module.desk[0].environment : e.name == "TIMESTAMP_URL" && e.value == "https://timestamp.example.com"])
    error_message = "It knows who stamps the time."
  }
  assert {
    condition     = keys(google_secret_manager_secret_iam_member.runtime) == ["capture kafka-password", "desk evidence-key", "desk kafka-password", "recognize kafka-password"] && contains(output.secrets, "pageinspect-evidence-key")
    error_message = "Nobody but the desk may read the key."
  }
  assert {
    condition     = [for e in google_cloud_run_v2_job.recheck[0].template[0].template[0].containers[0].env : e.name if length(e.value_source) > 0] == ["KAFKA_SASL_PASSWORD"]
    error_message = "The job, which signs nothing, has no key."
  }
}
