# Capture: a URL comes in, tiles and a manifest go to Cloud Storage.

module "capture" {
  source = "./modules/function"

  name            = "${var.name}-capture"
  target          = "Capture"
  region          = var.region
  image           = var.capture.image
  account         = google_service_account.runtime["capture"].email
  invoker         = google_service_account.invoker["capture"].member
  timeout_seconds = var.timeout_seconds
  cpu             = var.capture.cpu
  memory_mib      = var.capture.memory_mib
  cpu_always      = var.capture_trigger == "eventarc" # which cuts its pushes after 10 s
  concurrency     = var.capture.tabs
  min_instances   = var.capture.min_instances
  max_instances   = var.capture.max_instances
  subnet          = var.kafka.subnet
  public          = var.capture_trigger == "http"
  kms_key         = var.kms_key

  callers_show_a_secret = local.callers_show_a_secret

  env = merge(local.common_env, {
    CAPTURE_TABS           = var.capture.tabs
    CAPTURE_RECYCLE        = var.capture.recycle
    CAPTURE_ALLOW          = join(",", var.capture.allow)
    CAPTURE_PAGE_MEMORY_MB = floor((var.capture.memory_mib - 256) / var.capture.tabs) # each counts the 85 MiB of program that they share
    CAPTURE_PAGE_BYTES_MB  = var.capture.page_bytes_mb
    PROFILES               = var.capture.profiles == null ? "" : "${local.config_mount}/${local.config_files[var.capture.profiles]}"
    CAPTURE_PUBLIC         = local.callers_show_a_secret ? "true" : ""
    KAFKA_SASL_USERNAME    = local.kafka_username["capture"]
  })
  secret_env    = merge(local.kafka_secret_env, local.caller_secret_env)
  secret_files  = local.kafka_secret_files
  config_bucket = length(local.config_files) == 0 ? null : google_storage_bucket.of["config"].name
  config_mount  = local.config_mount

  deletion_protection = var.deletion_protection

  depends_on = [
    google_project_service.used, google_storage_bucket_iam_member.runtime, google_storage_bucket_object.config,
    google_secret_manager_secret_iam_member.runtime, google_project_iam_member.kafka_client,
  ]
}

# What both functions are told.
locals {
  common_env = merge(local.kafka_env, {
    SCREENSHOTS_BUCKET          = google_storage_bucket.of["screenshots"].name
    PAGES_BUCKET                = google_storage_bucket.of["pages"].name
    ERRORS_TOPIC                = var.kafka.topics.errors
    GOOGLE_CLOUD_PROJECT        = var.project.id # so that a log line names its trace
    MAX_ATTEMPTS                = var.max_attempts
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint == null ? "" : var.otlp_endpoint
  })
}
