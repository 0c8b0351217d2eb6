# The desk: reviewers look at results and decide, behind Identity-Aware Proxy, and a
# job asks for pages to be inspected again. There is none unless var.desk says so.

module "desk" {
  source = "./modules/function"
  count  = local.has_desk ? 1 : 0

  name            = "${var.name}-desk"
  target          = "Desk"
  region          = var.region
  image           = var.desk.image
  account         = google_service_account.runtime["desk"].email
  invoker         = local.agents.iap # which calls it for whom it has let in
  iap             = true
  probe           = "/health" # for which nobody vouches
  timeout_seconds = var.timeout_seconds
  cpu             = var.desk.cpu
  memory_mib      = var.desk.memory_mib
  cpu_always      = true # it follows the topics between requests
  concurrency     = var.desk.concurrency
  min_instances   = var.desk.min_instances
  max_instances   = var.desk.max_instances
  subnet          = var.kafka.subnet
  public          = true
  kms_key         = var.kms_key

  callers_show_a_secret = false

  env = merge(local.desk_env, {
    DESK_DECIDERS   = join(",", var.desk.deciders)
    DESK_SECOND     = var.desk.second
    DESK_PASSES     = var.desk.passes
    DESK_GOLDEN     = var.desk.golden
    NOTICE_DAYS     = var.desk.notice_days
    NOTICE_TEMPLATE = local.notice_template == null ? "" : "${local.config_mount}/${local.config_files[local.notice_template]}"
    TIMESTAMP_URL   = var.desk.timestamp_url
    IAP_AUDIENCE    = "/projects/${var.project.number}/locations/${var.region}/services/${var.name}-desk"
    # The index of 100,000 results takes a part of the memory, and Go what is left of it.
    GOMEMLIMIT = "${floor(var.desk.memory_mib * 0.4)}MiB"
  })
  secret_env    = merge(local.kafka_secret_env, local.evidence_secret_env)
  secret_files  = local.kafka_secret_files
  config_bucket = local.notice_template == null ? null : google_storage_bucket.of["config"].name
  config_mount  = local.config_mount

  deletion_protection = var.deletion_protection

  depends_on = [
    google_project_service.used, google_storage_bucket_iam_member.runtime, google_storage_bucket_object.config,
    google_secret_manager_secret_iam_member.runtime, google_project_iam_member.kafka_client,
  ]
}

locals {
  has_desk        = var.desk != null
  rechecks        = try(var.desk.recheck, null) != null
  notice_template = try(var.desk.notice_template, null)

  signs_evidence = try(var.desk.evidence_key_version, null) != null
  evidence_secret_env = local.signs_evidence ? {
    EVIDENCE_KEY = { secret = google_secret_manager_secret.of["evidence-key"].secret_id, version = var.desk.evidence_key_version }
  } : {}

  desk_env = local.has_desk ? merge(local.kafka_env, {
    SCREENSHOTS_BUCKET          = google_storage_bucket.of["screenshots"].name
    PAGES_BUCKET                = google_storage_bucket.of["pages"].name
    RESULTS_BUCKET              = google_storage_bucket.of["results"].name
    DECISIONS_BUCKET            = google_storage_bucket.of["decisions"].name
    REQUESTS_TOPIC              = var.kafka.topics.requests
    RESULTS_TOPIC               = var.kafka.topics.results
    DECISIONS_TOPIC             = var.kafka.topics.decisions
    GOOGLE_CLOUD_PROJECT        = var.project.id
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint == null ? "" : var.otlp_endpoint
    KAFKA_SASL_USERNAME         = local.kafka_username["desk"]
  }) : {}
}

# Who may look. Who may decide, of these, the code says by DESK_DECIDERS.
resource "google_iap_web_cloud_run_service_iam_member" "reviewer" {
  for_each = toset(local.has_desk ? var.desk.reviewers : [])

  cloud_run_service_name = module.desk[0].name
  location               = var.region
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}

# Pages that were clean are looked at again: a job of the desk's own image and
# account, which a scheduler starts.
resource "google_cloud_run_v2_job" "recheck" {
  count = local.rechecks ? 1 : 0

  name                = "${var.name}-recheck"
  location            = var.region
  deletion_protection = var.deletion_protection

  template {
    template {
      service_account = google_service_account.runtime["desk"].email
      encryption_key  = var.kms_key
      timeout         = "3600s"
      max_retries     = 1 # what was asked for is not asked for twice

      dynamic "vpc_access" {
        for_each = var.kafka.subnet[*]
        content {
          egress = "PRIVATE_RANGES_ONLY"
          network_interfaces {
            subnetwork = vpc_access.value
          }
        }
      }

      containers {
        image   = var.desk.image
        command = ["/pageinspect"]
        args = concat(["recheck", "--older", var.desk.recheck.older, "--limit", tostring(var.desk.recheck.limit), "--json"],
          flatten([for v in var.desk.recheck.verdicts : ["--verdict", v]]), flatten([for s in var.desk.recheck.states : ["--state", s]]),
        )

        resources {
          limits = { cpu = tostring(var.desk.cpu), memory = "${var.desk.memory_mib}Mi" }
        }

        dynamic "env" {
          for_each = { for k, v in local.desk_env : k => tostring(v) if v != "" }
          content {
            name  = env.key
            value = env.value
          }
        }
        dynamic "env" {
          for_each = local.kafka_secret_env
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value.secret
                version = env.value.version
              }
            }
          }
        }
        dynamic "volume_mounts" {
          for_each = local.kafka_secret_files
          content {
            name       = volume_mounts.key
            mount_path = "/secrets/${volume_mounts.key}"
          }
        }
      }

      dynamic "volumes" {
        for_each = local.kafka_secret_files
        content {
          name = volumes.key
          secret {
            secret = volumes.value.secret
            items {
              version = volumes.value.version
              path    = volumes.value.file
            }
          }
        }
      }
    }
  }

  depends_on = [
    google_project_service.used, google_storage_bucket_iam_member.runtime,
    google_secret_manager_secret_iam_member.runtime, google_project_iam_member.kafka_client,
  ]
}

resource "google_service_account" "scheduler" {
  count = local.rechecks ? 1 : 0

  account_id   = "${var.name}-recheck-in"
  display_name = "Starts the job that asks for pages to be inspected again"

  depends_on = [google_project_service.used]
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  count = local.rechecks ? 1 : 0

  name     = google_cloud_run_v2_job.recheck[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler[0].member
}

resource "google_cloud_scheduler_job" "recheck" {
  count = local.rechecks ? 1 : 0

  name             = "${var.name}-recheck"
  region           = var.region
  schedule         = var.desk.recheck.schedule
  time_zone        = var.desk.recheck.time_zone
  attempt_deadline = "60s"

  retry_config {
    retry_count = 3
  }

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/${var.project.id}/locations/${var.region}/jobs/${google_cloud_run_v2_job.recheck[0].name}:run"

    oauth_token {
      service_account_email = google_service_account.scheduler[0].email
    }
  }

  depends_on = [google_project_service.used, google_cloud_run_v2_job_iam_member.scheduler]
}
