# One function: a Cloud Run service from an image, and who may call it.

resource "google_cloud_run_v2_service" "function" {
  name                = var.name
  location            = var.region
  deletion_protection = var.deletion_protection
  # Pub/Sub and Eventarc of the same project count as internal.
  ingress              = var.public ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  invoker_iam_disabled = var.callers_show_a_secret
  iap_enabled          = var.iap

  template {
    service_account                  = var.account
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "${var.timeout_seconds}s"
    max_instance_request_concurrency = var.concurrency
    encryption_key                   = var.kms_key
    session_affinity                 = var.iap # a reviewer stays with the index that they saw

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    dynamic "vpc_access" {
      for_each = var.subnet[*]
      content {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          subnetwork = vpc_access.value
        }
      }
    }

    containers {
      image = var.image # it names a user of its own, not root: functions/*/Dockerfile

      resources {
        limits            = { cpu = tostring(var.cpu), memory = "${var.memory_mib}Mi" }
        cpu_idle          = !var.cpu_always
        startup_cpu_boost = true
      }

      dynamic "env" {
        # An unset variable keeps the code's default; an empty one would not.
        for_each = { for k, v in merge(var.env, { FUNCTION_TARGET = var.target, CLOUD_RUN_TIMEOUT_SECONDS = var.timeout_seconds }) : k => tostring(v) if v != "" }
        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = var.secret_env
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
        for_each = var.config_bucket[*]
        content {
          name       = "config"
          mount_path = var.config_mount
        }
      }
      dynamic "volume_mounts" {
        for_each = var.secret_files
        content {
          name       = volume_mounts.key
          mount_path = "/secrets/${volume_mounts.key}"
        }
      }

      # A GET answers 200 when package init has everything it needs.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 30
        http_get {
          path = var.probe
        }
      }
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3
        http_get {
          path = var.probe
        }
      }
    }

    dynamic "volumes" {
      for_each = var.config_bucket[*]
      content {
        name = "config"
        gcs {
          bucket    = volumes.value
          read_only = true
        }
      }
    }
    dynamic "volumes" {
      for_each = var.secret_files
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

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  name     = google_cloud_run_v2_service.function.name
  location = var.region
  role     = "roles/run.invoker"
  member   = var.invoker
}
