# What is looked at when it does not run, and who is told.

locals {
  services = { capture = module.capture.name, recognize = module.recognize.name }
  push_subscriptions = merge(
    { for m in module.capture_push : "capture" => m.name },
    { for m in module.recognize_push : "recognize" => m.name },
    { for f, s in local.eventarc_subscriptions : f => element(split("/", s), length(split("/", s)) - 1) },
    { for s in google_pubsub_subscription.results : "bigquery" => s.name },
  )
  dead_subscriptions = merge(
    { for m in module.capture_push : "capture" => m.dead_subscription },
    { for m in module.recognize_push : "recognize" => m.dead_subscription },
    { for f, m in module.eventarc_dead : f => m.subscription },
    { for m in module.results_dead : "bigquery" => m.subscription },
  )

  of_services  = "resource.type=\"cloud_run_revision\" AND resource.label.service_name=monitoring.regex.full_match(\"${join("|", values(local.services))}\")"
  of_all       = "resource.type=\"cloud_run_revision\" AND resource.label.service_name=monitoring.regex.full_match(\"${join("|", concat(values(local.services), module.desk[*].name))}\")"
  of_desk      = "resource.type=\"cloud_run_revision\" AND resource.label.service_name=\"${join("", module.desk[*].name)}\""
  of_pushes    = "resource.type=\"pubsub_subscription\" AND resource.label.subscription_id=monitoring.regex.full_match(\"${join("|", values(local.push_subscriptions))}\")"
  of_dead      = "resource.type=\"pubsub_subscription\" AND resource.label.subscription_id=monitoring.regex.full_match(\"${join("|", values(local.dead_subscriptions))}\")"
  request_type = "metric.type=\"run.googleapis.com/request_count\""

  # Each names the number, the line it must not cross, and what to do then.
  alerts = merge({
    errors_5xx = {
      title   = "More than 1 in 5 requests is refused"
      filter  = "${local.of_services} AND ${local.request_type} AND metric.label.response_code_class=\"5xx\""
      whole   = "${local.of_services} AND ${local.request_type}"
      by      = ["resource.label.service_name"]
      align   = "ALIGN_RATE"
      reduce  = "REDUCE_SUM"
      above   = 0.2
      minutes = 15
      to_do   = "503 asks for another delivery and loses nothing; many of them mean that something the function needs is down. Its log says what: `jsonPayload.kind=\"transient\"`."
    }
    latency_p95 = {
      title   = "Pages take nearly as long as they may"
      filter  = "${local.of_services} AND metric.type=\"run.googleapis.com/request_latencies\""
      whole   = null
      by      = ["resource.label.service_name"]
      align   = "ALIGN_PERCENTILE_95"
      reduce  = "REDUCE_MAX"
      above   = var.timeout_seconds * 1000 * 0.8
      minutes = 30
      to_do   = "Pages near the limit are captured in part. Give Capture more CPU or fewer tabs, or look for the site that hangs: `jsonPayload.ms`."
    }
    memory = {
      title   = "An instance is nearly out of memory"
      filter  = "${local.of_all} AND metric.type=\"run.googleapis.com/container/memory/utilizations\""
      whole   = null
      by      = ["resource.label.service_name"]
      align   = "ALIGN_PERCENTILE_99"
      reduce  = "REDUCE_MAX"
      above   = 0.9
      minutes = 10
      to_do   = "Raise memory_mib, or lower capture.tabs. The desk's index lies in its memory, and grows with the results."
    }
    failures = {
      title   = "Many pages fail for good"
      minutes = 15
      # A threshold on a metric of logs is refused until the metric is some minutes
      # old, so the first apply would fail; this is not looked up.
      promql = "sum by (kind) (rate(logging_googleapis_com:user_${replace(google_logging_metric.failures.name, "/[^A-Za-z0-9]/", "_")}{monitored_resource=\"cloud_run_revision\"}[5m])) > ${10 / 60}"
      to_do  = "More than ten a minute reach the errors topic. `pageinspect errors` lists them; when the cause is gone, `pageinspect retry` gives them back."
    }
    vision_quota = {
      title   = "Vision's quota is used up"
      filter  = "resource.type=\"consumer_quota\" AND resource.label.service=\"vision.googleapis.com\" AND metric.type=\"serviceruntime.googleapis.com/quota/exceeded\""
      whole   = null
      by      = ["metric.label.quota_metric"]
      align   = "ALIGN_COUNT_TRUE"
      reduce  = "REDUCE_SUM"
      above   = 0
      minutes = 5
      to_do   = "Pages wait and are not lost. Ask for a higher quota, or lower recognize.images_per_minute so that others have theirs."
    }
    }, length(local.push_subscriptions) == 0 ? {} : {
    oldest_unacked = {
      title   = "Work waits for more than an hour"
      filter  = "${local.of_pushes} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      whole   = null
      by      = ["resource.label.subscription_id"]
      align   = "ALIGN_MAX"
      reduce  = "REDUCE_MAX"
      above   = 3600
      minutes = 10
      to_do   = "Either more comes than max_instances can do (see `pageinspect plan`) or nothing gets done (see the 5xx)."
    }
    dead_letters = {
      title   = "There are dead letters"
      filter  = "${local.of_dead} AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      whole   = null
      by      = ["resource.label.subscription_id"]
      align   = "ALIGN_MAX"
      reduce  = "REDUCE_MAX"
      above   = 0
      minutes = 5
      to_do   = "These could be neither done nor recorded in the errors topic. README.md, `Replay a dead letter`."
    }
    }, !local.has_desk ? {} : {
    desk_5xx = {
      title   = "The desk fails its reviewers"
      filter  = "${local.of_desk} AND ${local.request_type} AND metric.label.response_code_class=\"5xx\""
      whole   = "${local.of_desk} AND ${local.request_type}"
      by      = ["resource.label.service_name"]
      align   = "ALIGN_RATE"
      reduce  = "REDUCE_SUM"
      above   = 0.05
      minutes = 10
      to_do   = "More than 1 in 20 requests is answered 5xx; decisions that were taken are kept. The desk's log says why: a bucket that does not answer, or an index that is being made."
    }
  })
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = "${var.name}: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.used]
}

resource "google_monitoring_alert_policy" "of" {
  for_each = local.alerts

  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = [for c in google_monitoring_notification_channel.email : c.id]

  conditions {
    display_name = each.value.title
    dynamic "condition_threshold" {
      for_each = can(each.value.filter) ? [each.value] : []
      content {
        filter             = condition_threshold.value.filter
        denominator_filter = condition_threshold.value.whole
        comparison         = "COMPARISON_GT"
        threshold_value    = condition_threshold.value.above
        duration           = "${condition_threshold.value.minutes * 60}s"

        aggregations {
          alignment_period     = "300s"
          per_series_aligner   = condition_threshold.value.align
          cross_series_reducer = condition_threshold.value.reduce
          group_by_fields      = condition_threshold.value.by
        }
        dynamic "denominator_aggregations" {
          for_each = condition_threshold.value.whole[*]
          content {
            alignment_period     = "300s"
            per_series_aligner   = condition_threshold.value.align
            cross_series_reducer = condition_threshold.value.reduce
            group_by_fields      = condition_threshold.value.by
          }
        }
      }
    }
    dynamic "condition_prometheus_query_language" {
      for_each = can(each.value.promql) ? [each.value] : []
      content {
        query                     = condition_prometheus_query_language.value.promql
        duration                  = "${condition_prometheus_query_language.value.minutes * 60}s"
        evaluation_interval       = "60s"
        disable_metric_validation = true
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.to_do
  }
}

# What the functions record in the errors topic, counted from their logs.
resource "google_logging_metric" "failures" {
  name        = "${var.name}-failures"
  description = "Pages that failed for good, by stage and kind."
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [for s in local.services : "\"${s}\""])}) AND jsonPayload.message=\"failed for good\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key = "stage"
    }
    labels {
      key = "kind"
    }
  }
  label_extractors = {
    stage = "EXTRACT(jsonPayload.stage)"
    kind  = "EXTRACT(jsonPayload.kind)"
  }

  depends_on = [google_project_service.used]
}
