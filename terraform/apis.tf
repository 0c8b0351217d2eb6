# The services of Google Cloud that this project uses, and no others.

locals {
  apis = concat(
    ["artifactregistry", "cloudresourcemanager", "iam", "logging", "monitoring", "pubsub", "run", "secretmanager", "storage", "vision"],
    local.eventarc ? ["eventarc"] : [],
    var.results_in_bigquery ? ["bigquery"] : [],
    var.kafka.managed != null ? ["managedkafka"] : [],
    var.kms_key != null ? ["cloudkms"] : [],
    local.has_desk ? ["iap"] : [],
    local.rechecks ? ["cloudscheduler"] : [],
  )
  eventarc = contains([var.capture_trigger, var.recognize_trigger], "eventarc")

  # Google's own accounts, which act for a service inside the project.
  agents = {
    storage  = "serviceAccount:service-${var.project.number}@gs-project-accounts.iam.gserviceaccount.com"
    pubsub   = "serviceAccount:service-${var.project.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    eventarc = "serviceAccount:service-${var.project.number}@gcp-sa-eventarc.iam.gserviceaccount.com"
    bigquery = "serviceAccount:bq-${var.project.number}@bigquery-encryption.iam.gserviceaccount.com"
    kafka    = "serviceAccount:service-${var.project.number}@gcp-sa-managedkafka.iam.gserviceaccount.com"
    secrets  = "serviceAccount:service-${var.project.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    run      = "serviceAccount:service-${var.project.number}@serverless-robot-prod.iam.gserviceaccount.com"
    registry = "serviceAccount:service-${var.project.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    iap      = "serviceAccount:service-${var.project.number}@gcp-sa-iap.iam.gserviceaccount.com"
  }
}

resource "google_project_service" "used" {
  for_each = toset(local.apis)

  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false # others in the project may use it
}
