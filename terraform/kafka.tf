# Kafka: your own brokers, or Google's.

locals {
  managed = var.kafka.managed
  own     = var.kafka.own
  cluster = "${var.name}-kafka"

  kafka_env = {
    # A managed cluster's address follows from its name.
    KAFKA_BROKERS        = local.managed != null ? "bootstrap.${local.cluster}.${var.region}.managedkafka.${var.project.id}.cloud.goog:9092" : join(",", local.own.brokers)
    KAFKA_TLS            = local.managed != null ? true : local.own.tls
    KAFKA_TLS_CA         = contains(local.secrets, "kafka-ca") ? "/secrets/kafka-ca/ca.pem" : ""
    KAFKA_SASL_MECHANISM = local.managed != null ? "GOOGLE" : try(local.own.sasl.mechanism, "") # GOOGLE: the account's own token, no password
  }
  kafka_username = { for f, a in google_service_account.runtime : f => local.managed != null ? a.email : try(local.own.sasl.username, "") }

  kafka_secret_env = contains(local.secrets, "kafka-password") ? {
    KAFKA_SASL_PASSWORD = { secret = google_secret_manager_secret.of["kafka-password"].secret_id, version = local.own.sasl.password_version }
  } : {}
  kafka_secret_files = contains(local.secrets, "kafka-ca") ? {
    kafka-ca = { secret = google_secret_manager_secret.of["kafka-ca"].secret_id, version = local.own.ca_version, file = "ca.pem" }
  } : {}

  # Requests may be replayed for a week. A page's result is the last under its
  # id, and errors wait a month for a person. Given as an output for brokers of your own.
  day_ms = 24 * 60 * 60 * 1000
  kafka_topics = merge({
    requests = { name = var.kafka.topics.requests, partitions = var.kafka.partitions, configs = { "cleanup.policy" = "delete", "retention.ms" = tostring(7 * local.day_ms) } }
    results  = { name = var.kafka.topics.results, partitions = var.kafka.partitions, configs = { "cleanup.policy" = "compact,delete", "retention.ms" = tostring(30 * local.day_ms) } }
    errors   = { name = var.kafka.topics.errors, partitions = 3, configs = { "cleanup.policy" = "delete", "retention.ms" = tostring(30 * local.day_ms) } }
    }, local.has_desk ? {
    decisions = { name = var.kafka.topics.decisions, partitions = 3, configs = { "cleanup.policy" = "delete", "retention.ms" = tostring(30 * local.day_ms) } }
  } : {})

  # Who may do what in a managed cluster; nobody else may do anything.
  kafka_operators = [for o in try(local.managed.operators, []) : { principal = "User:${o}", operations = ["READ", "WRITE", "DESCRIBE_CONFIGS"] }]
  kafka_desk      = [for f, a in google_service_account.runtime : "User:${a.email}" if f == "desk"]
  kafka_acls = {
    requests = concat(local.kafka_operators, [{ principal = "User:${trimprefix(local.agents.kafka, "serviceAccount:")}", operations = ["READ"] }],
    [for p in local.kafka_desk : { principal = p, operations = ["WRITE"] }])
    results = concat(local.kafka_operators, [{ principal = "User:${google_service_account.runtime["recognize"].email}", operations = ["WRITE"] }],
      var.results_in_bigquery ? [{ principal = "User:${trimprefix(local.agents.kafka, "serviceAccount:")}", operations = ["READ"] }] : [],
    [for p in local.kafka_desk : { principal = p, operations = ["READ"] }])
    decisions = concat(local.kafka_operators, [for p in local.kafka_desk : { principal = p, operations = ["READ", "WRITE"] }])
    errors    = concat(local.kafka_operators, [for f in ["capture", "recognize"] : { principal = "User:${google_service_account.runtime[f].email}", operations = ["WRITE"] }])
  }
}

resource "google_managed_kafka_cluster" "kafka" {
  count = local.managed == null ? 0 : 1

  cluster_id      = local.cluster
  location        = var.region
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"

  capacity_config {
    vcpu_count   = local.managed.vcpus
    memory_bytes = local.managed.memory_gib * 1024 * 1024 * 1024
  }
  gcp_config {
    kms_key = var.kms_key
    access_config {
      network_configs {
        subnet = var.kafka.subnet
      }
    }
  }
  rebalance_config {
    mode = "AUTO_REBALANCE_ON_SCALE_UP"
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

resource "google_managed_kafka_topic" "of" {
  for_each = local.managed == null ? {} : local.kafka_topics

  topic_id           = each.value.name
  cluster            = google_managed_kafka_cluster.kafka[0].cluster_id
  location           = var.region
  partition_count    = each.value.partitions
  replication_factor = 3
  configs            = merge(each.value.configs, { "min.insync.replicas" = "2" })
  deletion_policy    = var.deletion_protection ? "PREVENT" : "DELETE"
}

resource "google_managed_kafka_acl" "of" {
  for_each = google_managed_kafka_topic.of

  acl_id   = "topic/${each.value.topic_id}"
  cluster  = google_managed_kafka_cluster.kafka[0].cluster_id
  location = var.region

  dynamic "acl_entries" {
    for_each = flatten([for a in local.kafka_acls[each.key] : [for o in a.operations : { principal = a.principal, operation = o }]])
    content {
      principal       = acl_entries.value.principal
      operation       = acl_entries.value.operation
      permission_type = "ALLOW"
      host            = "*"
    }
  }
}

resource "google_managed_kafka_connect_cluster" "connect" {
  count = local.managed == null ? 0 : 1

  connect_cluster_id = "${var.name}-connect"
  kafka_cluster      = google_managed_kafka_cluster.kafka[0].id
  location           = var.region

  capacity_config {
    vcpu_count   = local.managed.connect_vcpus
    memory_bytes = local.managed.connect_memory_gb * 1024 * 1024 * 1024
  }
  gcp_config {
    access_config {
      network_configs {
        primary_subnet = var.kafka.subnet
      }
    }
  }
}

# Requests -> Pub/Sub -> Capture, and results -> Pub/Sub -> BigQuery. The record's
# place travels as attributes, from which a request without an id gets one.
locals {
  sinks = local.managed == null ? {} : merge(
    { requests = one(google_pubsub_topic.requests[*].name) },
    var.results_in_bigquery ? { results = one(google_pubsub_topic.results[*].name) } : {},
  )
}

resource "google_managed_kafka_connector" "sink" {
  for_each = local.sinks

  connector_id    = "${var.name}-${each.key}"
  connect_cluster = google_managed_kafka_connect_cluster.connect[0].connect_cluster_id
  location        = var.region

  configs = merge(jsondecode(file("${path.module}/connect/pubsub-${each.key}.json")).config, {
    "name"        = "${var.name}-${each.key}"
    "tasks.max"   = tostring(local.managed.connect_tasks)
    "topics"      = google_managed_kafka_topic.of[each.key].topic_id
    "cps.project" = var.project.id
    "cps.topic"   = each.value
  })
  task_restart_policy {
    minimum_backoff = "60s"
    maximum_backoff = "1800s"
  }

  # A sink that runs before it may publish, or before anybody listens, only fails.
  depends_on = [
    google_managed_kafka_acl.of, google_pubsub_topic_iam_member.requests, google_pubsub_topic_iam_member.results,
    module.capture_push, google_eventarc_trigger.capture, google_pubsub_subscription.results,
  ]
}
