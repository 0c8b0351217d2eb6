# One screen: is work coming, is it getting done, what fails, what is it short of.

locals {
  charts = concat([
    { title = "Requests a second, by answer", filter = "${local.of_all} AND ${local.request_type}", align = "ALIGN_RATE", reduce = "REDUCE_SUM", by = ["resource.label.service_name", "metric.label.response_code_class"] },
    { title = "Time a page takes, 95th percentile (ms)", filter = "${local.of_services} AND metric.type=\"run.googleapis.com/request_latencies\"", align = "ALIGN_PERCENTILE_95", reduce = "REDUCE_MAX", by = ["resource.label.service_name"] },
    { title = "Failures a second, by kind", filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.failures.name}\"", align = "ALIGN_RATE", reduce = "REDUCE_SUM", by = ["metric.label.stage", "metric.label.kind"] },
    { title = "Instances", filter = "${local.of_all} AND metric.type=\"run.googleapis.com/container/instance_count\"", align = "ALIGN_MAX", reduce = "REDUCE_SUM", by = ["resource.label.service_name"] },
    { title = "Memory, of 1", filter = "${local.of_all} AND metric.type=\"run.googleapis.com/container/memory/utilizations\"", align = "ALIGN_PERCENTILE_99", reduce = "REDUCE_MAX", by = ["resource.label.service_name"] },
    { title = "CPU, of 1", filter = "${local.of_all} AND metric.type=\"run.googleapis.com/container/cpu/utilizations\"", align = "ALIGN_PERCENTILE_99", reduce = "REDUCE_MAX", by = ["resource.label.service_name"] },
    { title = "Vision requests a second", filter = "resource.type=\"consumed_api\" AND resource.label.service=\"vision.googleapis.com\" AND metric.type=\"serviceruntime.googleapis.com/api/request_count\"", align = "ALIGN_RATE", reduce = "REDUCE_SUM", by = ["metric.label.response_code_class"] },
    ], length(local.push_subscriptions) == 0 ? [] : [
    { title = "Work waiting (messages)", filter = "${local.of_pushes} AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\"", align = "ALIGN_MAX", reduce = "REDUCE_SUM", by = ["resource.label.subscription_id"] },
    { title = "Oldest work waiting (s)", filter = "${local.of_pushes} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\"", align = "ALIGN_MAX", reduce = "REDUCE_MAX", by = ["resource.label.subscription_id"] },
    { title = "Dead letters", filter = "${local.of_dead} AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\"", align = "ALIGN_MAX", reduce = "REDUCE_SUM", by = ["resource.label.subscription_id"] },
  ])
}

resource "google_monitoring_dashboard" "pageinspect" {
  dashboard_json = jsonencode({
    displayName = var.name
    mosaicLayout = {
      columns = 48
      tiles = [for i, c in local.charts : {
        xPos = i % 2 * 24, yPos = floor(i / 2) * 16, width = 24, height = 16
        widget = {
          title = c.title
          xyChart = { dataSets = [{
            plotType = "LINE"
            timeSeriesQuery = { timeSeriesFilter = {
              filter      = c.filter
              aggregation = { alignmentPeriod = "60s", perSeriesAligner = c.align, crossSeriesReducer = c.reduce, groupByFields = c.by }
            } }
          }] }
        }
      }]
    }
  })

  depends_on = [google_project_service.used]
}
