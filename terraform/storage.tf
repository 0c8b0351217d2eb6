# Four buckets, one more for the desk, and one for exports where there are any. None can be made public, and access is by role on the bucket alone.

locals {
  bucket_prefix = coalesce(var.buckets.prefix, "${var.project.id}-${var.name}")

  # What is deleted after how many days, by the beginning or the end of its name.
  buckets = merge(local.exports_bucket, {
    screenshots = { expire = [{ days = var.buckets.screenshots_days }], undelete_days = 0 }
    pages       = { expire = [{ days = var.buckets.pages_days }], undelete_days = 7 }
    results = { expire = [
      { days = var.buckets.cache_days, prefix = local.cache_prefix },
      { days = local.lease_days, suffix = "/lease.json" },
      # What belongs to a page, and never what a desk of somebody's laptop decided here.
      { days = var.buckets.results_days, suffix = "/result.json" },
      { days = var.buckets.results_days, suffix = "/report.html" },
      { days = var.buckets.results_days, prefix = "set-aside/" },
    ], undelete_days = 7 }
    config = { expire = [], undelete_days = 7 }
    },
    # Decisions, what reviewers saw, and the tiles of what was confirmed: kept for ever.
    local.has_desk ? { decisions = { expire = [], undelete_days = 30 } } : {},
  )
  cache_prefix = "cache/"
  # A failed page's lease answers what is delivered again, which ends long before this.
  lease_days = 60
}

resource "google_storage_bucket" "of" {
  for_each = local.buckets

  name                        = "${local.bucket_prefix}-${each.key}"
  location                    = upper(coalesce(var.buckets.location, var.region))
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  soft_delete_policy {
    retention_duration_seconds = each.value.undelete_days * 24 * 60 * 60
  }

  dynamic "lifecycle_rule" {
    for_each = [for e in each.value.expire : e if e.days > 0]
    content {
      action { type = "Delete" }
      condition {
        age            = lifecycle_rule.value.days
        matches_prefix = try([lifecycle_rule.value.prefix], null)
        matches_suffix = try([lifecycle_rule.value.suffix], null)
      }
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.used, google_kms_crypto_key_iam_member.agents]
}

# Who may do what with the objects. User is read, write and delete: to write an
# object anew is to delete the old one. Vision reads the tiles as Recognize does. Both keep leases beside what they
# write, and Recognize cuts tall images into tiles. The desk reads, and writes into its own bucket alone.
resource "google_storage_bucket_iam_member" "runtime" {
  for_each = merge({
    "capture screenshots"   = "roles/storage.objectUser"
    "capture pages"         = "roles/storage.objectUser"
    "capture config"        = "roles/storage.objectViewer"
    "recognize screenshots" = "roles/storage.objectUser"
    "recognize pages"       = "roles/storage.objectViewer"
    "recognize results"     = "roles/storage.objectUser"
    "recognize config"      = "roles/storage.objectViewer"
    }, local.has_desk ? {
    "desk screenshots" = "roles/storage.objectViewer"
    "desk config"      = "roles/storage.objectViewer"
    "desk pages"       = "roles/storage.objectViewer"
    "desk results"     = "roles/storage.objectViewer"
    "desk decisions"   = "roles/storage.objectUser"
  } : {})

  bucket = google_storage_bucket.of[split(" ", each.key)[1]].name
  role   = each.value
  member = google_service_account.runtime[split(" ", each.key)[0]].member
}

# Rule packs, profiles and words of notices of one's own. The name holds the content's hash, and
# the functions' environment the name: a change makes a new revision.

locals {
  config_files = { for path in concat(var.recognize.rules, var.capture.profiles[*], local.notice_template[*]) : path => "${filemd5(path)}-${basename(path)}" }
  config_mount = "/config"
}

resource "google_storage_bucket_object" "config" {
  for_each = local.config_files

  bucket = google_storage_bucket.of["config"].name
  name   = each.value
  source = each.key
}
