# Two accounts for each function: the one it runs as, and the one that may call
# it; Identity-Aware Proxy calls the desk. What each may do stands beside what it may do it to; README.md has all of
# it in one table.

resource "google_service_account" "runtime" {
  for_each = toset(local.functions)

  account_id   = "${var.name}-${each.key}"
  display_name = "${title(each.key)} runs as this"

  depends_on = [google_project_service.used]
}

locals {
  functions = concat(["capture", "recognize"], local.has_desk ? ["desk"] : [])
}

resource "google_service_account" "invoker" {
  for_each = toset(["capture", "recognize"])

  account_id   = "${var.name}-${each.key}-in"
  display_name = "Calls ${title(each.key)}"

  depends_on = [google_project_service.used]
}

# Pub/Sub signs in as an invoker to push. Newer projects give its agent this
# anyway, older ones do not.
resource "google_service_account_iam_member" "push" {
  for_each = google_service_account.invoker

  service_account_id = each.value.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub
}

# Eventarc's trigger for a bucket, and Managed Kafka, know no narrower place
# for these roles than the project.

resource "google_project_iam_member" "receives_events" {
  count = var.recognize_trigger == "eventarc" ? 1 : 0

  project = var.project.id
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.invoker["recognize"].member
}

resource "google_project_iam_member" "announces_objects" {
  count = var.recognize_trigger == "eventarc" ? 1 : 0

  project = var.project.id
  role    = "roles/pubsub.publisher"
  member  = local.agents.storage

  depends_on = [google_project_service.used]
}

# Eventarc's agent has this from its making, some minutes late: a trigger that is
# made before is refused.
resource "google_project_iam_member" "eventarc_agent" {
  count = local.eventarc ? 1 : 0

  project = var.project.id
  role    = "roles/eventarc.serviceAgent"
  member  = local.agents.eventarc

  depends_on = [google_project_service.used]
}

# The access lists say what may be done once one is connected.
resource "google_project_iam_member" "kafka_client" {
  for_each = var.kafka.managed == null ? {} : merge(
    { for f, a in google_service_account.runtime : f => a.member },
    { for o in var.kafka.managed.operators : o => "${endswith(o, ".gserviceaccount.com") ? "serviceAccount" : "user"}:${o}" },
  )

  project = var.project.id
  role    = "roles/managedkafka.client"
  member  = each.value
}

# With a key of one's own, the agents that store things must be able to use it.
resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = var.kms_key == null ? {} : { for k, m in local.agents : k => m if !contains(["eventarc", "iap"], k) && (k != "kafka" || var.kafka.managed != null) && (k != "bigquery" || var.results_in_bigquery) }

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value

  depends_on = [google_project_service.used]
}
