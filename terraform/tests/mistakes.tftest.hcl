# Every mistake that a variable can hold is named before anything is made.

mock_provider "google" {}

variables {
  project   = { id = "my-project-123", number = "123456789012" }
  region    = "asia-northeast3"
  capture   = { image = "r/capture@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  recognize = { image = "r/recognize@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  kafka     = { own = { brokers = ["b:9093"] } }
}

run "project_id" {
  command = plan
  variables {
    project = { id = "My Project", number = "1" }
  }
  expect_failures = [var.project]
}

run "project_number" {
  command = plan
  variables {
    project = { id = "my-project-123", number = "my-project" }
  }
  expect_failures = [var.project]
}

run "zone_for_a_region" {
  command = plan
  variables {
    region = "asia-northeast3-a"
  }
  expect_failures = [var.region]
}

run "long_name" {
  command = plan
  variables {
    name = "a-name-too-long-for-accounts"
  }
  expect_failures = [var.name]
}

run "key_of_another_region" {
  command = plan
  variables {
    kms_key = "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"
  }
  expect_failures = [var.kms_key]
}

run "work_longer_than_the_deadline" {
  command = plan
  variables {
    timeout_seconds = 600
  }
  expect_failures = [var.timeout_seconds]
}

run "deadline_that_pubsub_has_not" {
  command = plan
  variables {
    ack_deadline_seconds = 601
  }
  expect_failures = [var.ack_deadline_seconds]
}

run "too_many_attempts" {
  command = plan
  variables {
    max_attempts = 51
  }
  expect_failures = [var.max_attempts]
}

run "unknown_capture_trigger" {
  command = plan
  variables {
    capture_trigger = "kafka"
  }
  expect_failures = [var.capture_trigger]
}

run "unknown_recognize_trigger" {
  command = plan
  variables {
    recognize_trigger = "pubsub"
  }
  expect_failures = [var.recognize_trigger]
}

run "everybody_publishes" {
  command = plan
  variables {
    publishers = ["allUsers"]
  }
  expect_failures = [var.publishers]
}

run "three_secrets" {
  command = plan
  variables {
    capture_caller_secret_versions = ["1", "2", "3"]
  }
  expect_failures = [var.capture_caller_secret_versions]
}

run "secret_where_calls_are_signed" {
  command = plan
  variables {
    capture_trigger                = "pubsub"
    capture_caller_secret_versions = ["1"]
  }
  expect_failures = [var.capture_caller_secret_versions]
}

run "http_with_managed_kafka" {
  command = plan
  variables {
    kafka = { managed = {}, subnet = "projects/p/regions/asia-northeast3/subnetworks/s" }
  }
  expect_failures = [var.capture_trigger]
}

run "no_kafka" {
  command = plan
  variables {
    kafka = {}
  }
  expect_failures = [var.kafka]
}

run "two_kafkas" {
  command = plan
  variables {
    capture_trigger = "pubsub"
    kafka           = { own = { brokers = ["b:1"] }, managed = {}, subnet = "projects/p/regions/asia-northeast3/subnetworks/s" }
  }
  expect_failures = [var.kafka]
}

run "broker_without_port" {
  command = plan
  variables {
    kafka = { own = { brokers = ["b"] } }
  }
  expect_failures = [var.kafka]
}

run "no_brokers" {
  command = plan
  variables {
    kafka = { own = { brokers = [] } }
  }
  expect_failures = [var.kafka]
}

run "readable_password" {
  command = plan
  variables {
    kafka = { own = { brokers = ["b:1"], tls = false, sasl = { mechanism = "PLAIN", username = "u" } } }
  }
  expect_failures = [var.kafka]
}

run "unknown_mechanism" {
  command = plan
  variables {
    kafka = { own = { brokers = ["b:1"], sasl = { mechanism = "GSSAPI", username = "u" } } }
  }
  expect_failures = [var.kafka]
}

run "ca_without_tls" {
  command = plan
  variables {
    kafka = { own = { brokers = ["b:1"], tls = false, ca_version = "1" } }
  }
  expect_failures = [var.kafka]
}

run "managed_without_subnet" {
  command = plan
  variables {
    capture_trigger = "pubsub"
    kafka           = { managed = {} }
  }
  expect_failures = [var.kafka]
}

run "subnet_of_another_region" {
  command = plan
  variables {
    kafka = { own = { brokers = ["b:1"] }, subnet = "projects/p/regions/us-east1/subnetworks/s" }
  }
  expect_failures = [var.kafka]
}

run "managed_too_little_memory" {
  command = plan
  variables {
    capture_trigger = "pubsub"
    kafka           = { managed = { vcpus = 6, memory_gib = 3 }, subnet = "projects/p/regions/asia-northeast3/subnetworks/s" }
  }
  expect_failures = [var.kafka]
}

run "capture_by_tag" {
  command = plan
  variables {
    capture = { image = "r/capture:latest" }
  }
  expect_failures = [var.capture]
}

run "more_tabs_than_memory" {
  command = plan
  variables {
    capture = { image = "r/x@sha256:0000000000000000000000000000000000000000000000000000000000000000", tabs = 16 }
  }
  expect_failures = [var.capture]
}

run "more_warm_than_at_most" {
  command = plan
  variables {
    capture = { image = "r/x@sha256:0000000000000000000000000000000000000000000000000000000000000000", min_instances = 30 }
  }
  expect_failures = [var.capture]
}

run "recognize_by_tag" {
  command = plan
  variables {
    recognize = { image = "r/recognize:v1" }
  }
  expect_failures = [var.recognize]
}

run "less_than_two_calls_each" {
  command = plan
  variables {
    recognize = { image = "r/x@sha256:0000000000000000000000000000000000000000000000000000000000000000", images_per_minute = 319 }
  }
  expect_failures = [var.recognize]
}

run "bucket_elsewhere" {
  command = plan
  variables {
    buckets = { location = "us-east1" }
  }
  expect_failures = [var.buckets]
}

run "negative_days" {
  command = plan
  variables {
    buckets = { screenshots_days = -1 }
  }
  expect_failures = [var.buckets]
}

run "collector_without_scheme" {
  command = plan
  variables {
    otlp_endpoint = "collector:4317"
  }
  expect_failures = [var.otlp_endpoint]
}

run "desk_by_tag" {
  command = plan
  variables {
    desk = { image = "r/desk:v1", reviewers = ["group:r@example.com"] }
  }
  expect_failures = [var.desk]
}

run "everybody_reviews" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["allUsers"] }
  }
  expect_failures = [var.desk]
}

run "nobody_reviews" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = [] }
  }
  expect_failures = [var.desk]
}

run "decider_that_is_no_address" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], deciders = ["example.com"] }
  }
  expect_failures = [var.desk]
}

run "no_desk_at_most" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], max_instances = 0 }
  }
  expect_failures = [var.desk]
}

run "share_that_is_a_percentage" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], second = 5 }
  }
  expect_failures = [var.desk]
}

run "notice_without_days" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], notice_days = 0 }
  }
  expect_failures = [var.desk]
}

run "notice_longer_than_a_year" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], notice_days = 366 }
  }
  expect_failures = [var.desk]
}

run "stamps_without_scheme" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], timestamp_url = "timestamp.example.com" }
  }
  expect_failures = [var.desk]
}

run "recheck_older_than_what" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], recheck = { schedule = "0 4 * * *", older = "a week" } }
  }
  expect_failures = [var.desk]
}

run "recheck_of_an_unknown_verdict" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], recheck = { schedule = "0 4 * * *", verdicts = ["fail"] } }
  }
  expect_failures = [var.desk]
}

run "recheck_of_an_unknown_state" {
  command = plan
  variables {
    desk = { image = "r/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000", reviewers = ["group:r@example.com"], recheck = { schedule = "0 4 * * *", states = ["closed"] } }
  }
  expect_failures = [var.desk]
}
