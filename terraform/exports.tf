# What `pageinspect results --to pages.jsonl` exports, where BigQuery reads it: a
# bucket of JSON lines, and a table that is outside of BigQuery. Each query reads the
# objects as they are then; nothing is loaded, and nothing of ours runs.

locals {
  exports_count  = var.exports_in_bigquery ? 1 : 0
  exports_bucket = { for name in ["exports"] : name => { expire = [], undelete_days = 7 } if var.exports_in_bigquery }
}

resource "google_bigquery_table" "exports" {
  count = local.exports_count

  dataset_id          = google_bigquery_dataset.pageinspect[0].dataset_id
  table_id            = "exports"
  deletion_protection = false # it holds nothing

  external_data_configuration {
    source_format = "NEWLINE_DELIMITED_JSON"
    source_uris   = ["gs://${google_storage_bucket.of["exports"].name}/*.jsonl"]
    # The fields of a line, which go test ./terraform -update writes after the contract.
    schema     = file("${path.module}/exports.schema.json")
    autodetect = false
    # A newer command may write fields that this schema does not have yet.
    ignore_unknown_values = true
  }
}
