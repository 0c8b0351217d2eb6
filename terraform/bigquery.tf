# Results in BigQuery, where millions of pages a day are looked at. A sink of
# Kafka Connect publishes the results topic to Pub/Sub, which writes each event
# into a table itself: nothing of ours runs between. Exports are in exports.tf.

locals {
  results_count = var.results_in_bigquery ? 1 : 0
  bigquery      = var.results_in_bigquery || var.exports_in_bigquery
  nanoseconds   = "r'([.][0-9]{6})[0-9]+', r'\\1'" # BigQuery's timestamps end at microseconds
  # Columns of the view and where in the event they are; see shared/schema/result.json.
  result_columns = {
    id            = "JSON_VALUE(data, '$.id')"
    url           = "JSON_VALUE(data, '$.url')"
    title         = "JSON_VALUE(data, '$.title')"
    category      = "JSON_VALUE(data, '$.category')"
    labels        = "JSON_QUERY(data, '$.labels')"
    verdict       = "JSON_VALUE(data, '$.verdict')"
    findings      = "JSON_QUERY(data, '$.findings')"
    unseen        = "JSON_QUERY(data, '$.unseen')"
    captured_at   = "SAFE.TIMESTAMP(REGEXP_REPLACE(JSON_VALUE(data, '$.captured_at'), ${local.nanoseconds}))"
    recognized_at = "SAFE.TIMESTAMP(REGEXP_REPLACE(JSON_VALUE(data, '$.recognized_at'), ${local.nanoseconds}))"
    vision_units  = "INT64(JSON_QUERY(data, '$.vision.units'))"
    result_object = "JSON_VALUE(data, '$.result_object')"
    report_object = "JSON_VALUE(data, '$.report_object')"
  }
}

resource "google_bigquery_dataset" "pageinspect" {
  count = local.bigquery ? 1 : 0

  dataset_id                 = replace(var.name, "-", "_")
  location                   = var.region
  delete_contents_on_destroy = !var.deletion_protection

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

# An event each row, as it came; one page has several when it was inspected again.
resource "google_bigquery_table" "events" {
  count = local.results_count

  dataset_id          = google_bigquery_dataset.pageinspect[0].dataset_id
  table_id            = "events"
  deletion_protection = var.deletion_protection

  # The names and types that Pub/Sub writes.
  schema = jsonencode([
    { name = "subscription_name", type = "STRING", mode = "NULLABLE" },
    { name = "message_id", type = "STRING", mode = "NULLABLE" },
    { name = "publish_time", type = "TIMESTAMP", mode = "NULLABLE" },
    { name = "attributes", type = "JSON", mode = "NULLABLE" },
    { name = "data", type = "JSON", mode = "NULLABLE" },
  ])
  time_partitioning {
    type          = "DAY"
    field         = "publish_time"
    expiration_ms = var.buckets.results_days == 0 ? null : var.buckets.results_days * 24 * 60 * 60 * 1000
  }
}

# The last result of each page.
resource "google_bigquery_table" "pages" {
  count = local.results_count

  dataset_id          = google_bigquery_dataset.pageinspect[0].dataset_id
  table_id            = "pages"
  deletion_protection = false # it holds nothing

  view {
    use_legacy_sql = false
    query          = <<-EOT
      SELECT publish_time, ${join(", ", [for name, from in local.result_columns : "${from} AS ${name}"])}
      FROM `${var.project.id}.${google_bigquery_dataset.pageinspect[0].dataset_id}.${google_bigquery_table.events[0].table_id}`
      QUALIFY ROW_NUMBER() OVER (PARTITION BY JSON_VALUE(data, '$.id') ORDER BY recognized_at DESC, publish_time DESC) = 1
    EOT
  }
}

# Pub/Sub's own account writes the rows.
resource "google_bigquery_table_iam_member" "writer" {
  count = local.results_count

  dataset_id = google_bigquery_table.events[0].dataset_id
  table_id   = google_bigquery_table.events[0].table_id
  role       = "roles/bigquery.dataEditor"
  member     = local.agents.pubsub
}

resource "google_pubsub_topic" "results" {
  count = local.results_count

  name         = "${var.name}-results"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic_iam_member" "results" {
  for_each = toset(var.results_in_bigquery ? local.publishers : [])

  topic  = google_pubsub_topic.results[0].id
  role   = "roles/pubsub.publisher"
  member = each.value
}

resource "google_pubsub_subscription" "results" {
  count = local.results_count

  name                       = "${var.name}-results"
  topic                      = google_pubsub_topic.results[0].id
  message_retention_duration = "604800s" # 7 days, in which a table that was changed can be mended

  bigquery_config {
    table          = "${var.project.id}.${google_bigquery_table.events[0].dataset_id}.${google_bigquery_table.events[0].table_id}"
    write_metadata = true
  }
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
  dead_letter_policy {
    dead_letter_topic     = module.results_dead[0].topic
    max_delivery_attempts = 100
  }
  expiration_policy {
    ttl = "" # never, however long nothing comes
  }

  depends_on = [google_bigquery_table_iam_member.writer] # it is refused before
}

module "results_dead" {
  source = "./modules/dead-letter"
  count  = local.results_count

  name    = "${var.name}-results"
  agent   = local.agents.pubsub
  region  = var.region
  kms_key = var.kms_key

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_subscription_iam_member" "results_mover" {
  count = local.results_count

  subscription = google_pubsub_subscription.results[0].id
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}
