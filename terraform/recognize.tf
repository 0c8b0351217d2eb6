# Recognize: a manifest was finalized, Vision reads its tiles, the result goes out.

module "recognize" {
  source = "./modules/function"

  name            = "${var.name}-recognize"
  target          = "Recognize"
  region          = var.region
  image           = var.recognize.image
  account         = google_service_account.runtime["recognize"].email
  invoker         = google_service_account.invoker["recognize"].member
  timeout_seconds = var.timeout_seconds
  cpu             = var.recognize.cpu
  memory_mib      = var.recognize.memory_mib
  cpu_always      = var.recognize_trigger == "eventarc" # which cuts its pushes after 10 s
  concurrency     = var.recognize.concurrency
  min_instances   = var.recognize.min_instances
  max_instances   = var.recognize.max_instances
  subnet          = var.kafka.subnet
  public          = false
  kms_key         = var.kms_key

  callers_show_a_secret = false # Pub/Sub and Eventarc sign their calls

  env = merge(local.common_env, {
    RESULTS_BUCKET = google_storage_bucket.of["results"].name
    RESULTS_TOPIC  = var.kafka.topics.results
    # The quota is the project's, the limit an instance's.
    VISION_IMAGES_PER_MINUTE = floor(var.recognize.images_per_minute / max(var.recognize.max_instances, 1))
    VISION_CACHE_DAYS        = var.buckets.cache_days
    VISION_LOCATION          = var.recognize.vision_location == null ? "" : var.recognize.vision_location
    RULES                    = join(",", [for path in var.recognize.rules : "${local.config_mount}/${local.config_files[path]}"])
    KAFKA_SASL_USERNAME      = local.kafka_username["recognize"]
    # Go collects garbage before the instance is full: eight images of 400 MiB, one
    # decoded at a time, take 1.5 GiB without it, and 0.85 GiB with.
    GOMEMLIMIT = "${floor(var.recognize.memory_mib * 0.8)}MiB"
  })
  secret_env    = local.kafka_secret_env
  secret_files  = local.kafka_secret_files
  config_bucket = length(local.config_files) == 0 ? null : google_storage_bucket.of["config"].name
  config_mount  = local.config_mount

  deletion_protection = var.deletion_protection

  depends_on = [
    google_project_service.used, google_storage_bucket_iam_member.runtime, google_storage_bucket_object.config,
    google_secret_manager_secret_iam_member.runtime, google_project_iam_member.kafka_client,
  ]
}
