# The shells of secrets. Their versions are added outside, so that no secret is
# ever in a variable, a plan or the state:
#   gcloud secrets versions add NAME --data-file=-

locals {
  secrets = toset(concat(
    try(var.kafka.own.sasl, null) == null ? [] : ["kafka-password"],
    try(var.kafka.own.ca_version, null) == null ? [] : ["kafka-ca"],
    local.callers_show_a_secret ? ["callers"] : [],
    local.signs_evidence ? ["evidence-key"] : [],
  ))

  # What callers of Capture show that have no Google token. Two versions are good
  # at a time, so that callers can change from one to the other.
  callers_show_a_secret = length(var.capture_caller_secret_versions) > 0
  caller_secret_env = { for name, version in {
    CAPTURE_CALLER_SECRET      = try(var.capture_caller_secret_versions[0], null)
    CAPTURE_CALLER_SECRET_NEXT = try(var.capture_caller_secret_versions[1], null)
  } : name => { secret = google_secret_manager_secret.of["callers"].secret_id, version = version } if version != null }
}

resource "google_secret_manager_secret" "of" {
  for_each = local.secrets

  secret_id = "${var.name}-${each.key}"

  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

resource "google_secret_manager_secret_iam_member" "runtime" {
  for_each = { for pair in setproduct(local.functions, local.secrets) :
    join(" ", pair) => { function = pair[0], secret = pair[1] } if(pair[0] == "capture" || pair[1] != "callers") && (pair[0] == "desk" || pair[1] != "evidence-key")
  }

  secret_id = google_secret_manager_secret.of[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime[each.value.function].member
}
