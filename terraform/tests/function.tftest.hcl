# The function's container: timeouts, environment, who may call it.

mock_provider "google" {}

variables {
  name                  = "capture"
  target                = "Capture"
  region                = "asia-northeast3"
  image                 = "r/capture@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  account               = "runs@p.iam.gserviceaccount.com"
  invoker               = "serviceAccount:in@p.iam.gserviceaccount.com"
  public                = false
  callers_show_a_secret = false
  timeout_seconds       = 540
  cpu                   = 2
  memory_mib            = 4096
  cpu_always            = false
  concurrency           = 4
  min_instances         = 0
  max_instances         = 20
  subnet                = null
  kms_key               = null
  env                   = { SET = "x", EMPTY = "" }
  secret_env            = { KAFKA_SASL_PASSWORD = { secret = "s", version = "3" } }
  secret_files          = { kafka-ca = { secret = "ca", version = "1", file = "ca.pem" } }
  config_bucket         = "c"
  config_mount          = "/config"
  deletion_protection   = true
}

run "container" {
  module {
    source = "./modules/function"
  }
  assert {
    condition = { for e in google_cloud_run_v2_service.function.template[0].containers[0].env : e.name => e.value if length(e.value_source) == 0 } == {
      SET = "x", FUNCTION_TARGET = "Capture", CLOUD_RUN_TIMEOUT_SECONDS = "540"
    }
    error_message = "The code is told the timeout and the target, and nothing empty."
  }
  assert {
    condition     = google_cloud_run_v2_service.function.template[0].timeout == "540s"
    error_message = "The timeout is the one that the code was told."
  }
  assert {
    condition     = [for e in google_cloud_run_v2_service.function.template[0].containers[0].env : e.value_source[0].secret_key_ref[0].version if length(e.value_source) > 0] == ["3"]
    error_message = "The secret's version is named."
  }
  assert {
    condition     = { for m in google_cloud_run_v2_service.function.template[0].containers[0].volume_mounts : m.name => m.mount_path } == { config = "/config", kafka-ca = "/secrets/kafka-ca" }
    error_message = "Files are where the environment says."
  }
  assert {
    condition     = google_cloud_run_v2_service.function.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && !google_cloud_run_v2_service.function.invoker_iam_disabled && google_cloud_run_v2_service_iam_member.invoker.member == var.invoker && google_cloud_run_v2_service_iam_member.invoker.role == "roles/run.invoker"
    error_message = "One account may call it, from inside."
  }
  assert {
    condition     = google_cloud_run_v2_service.function.template[0].execution_environment == "EXECUTION_ENVIRONMENT_GEN2" && google_cloud_run_v2_service.function.template[0].max_instance_request_concurrency == 4
    error_message = "gen2, and as many requests at a time as said."
  }
}

run "nothing_of_ones_own" {
  module {
    source = "./modules/function"
  }
  variables {
    config_bucket = null
    secret_env    = {}
    secret_files  = {}
    cpu_always    = true
  }
  assert {
    condition     = !google_cloud_run_v2_service.function.template[0].containers[0].resources[0].cpu_idle
    error_message = "Work that goes on when its connection was cut needs processors."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.function.template[0].volumes) + length(google_cloud_run_v2_service.function.template[0].containers[0].volume_mounts) == 0
    error_message = "Nothing is mounted that is not asked for."
  }
}

run "memory_that_one_cpu_cannot_have" {
  command = plan
  module {
    source = "./modules/function"
  }
  variables {
    cpu        = 1
    memory_mib = 8192
  }
  expect_failures = [var.memory_mib]
}

run "cpu_that_does_not_exist" {
  command = plan
  module {
    source = "./modules/function"
  }
  variables {
    cpu = 3
  }
  expect_failures = [var.cpu]
}
