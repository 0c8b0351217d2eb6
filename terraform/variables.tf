# Where

variable "project" {
  description = "The Google Cloud project: its id, and its number, from which the addresses of Google's own service agents are made. `gcloud projects describe ID` shows both."
  type = object({
    id     = string
    number = string
  })

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project.id))
    error_message = "project.id: want a project id such as my-project-123."
  }
  validation {
    condition     = can(regex("^[0-9]+$", var.project.number))
    error_message = "project.number: want the digits that `gcloud projects describe ID --format='value(projectNumber)'` prints."
  }
}

variable "region" {
  description = "One region for everything, such as asia-northeast3 (Seoul)."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region: want a region such as asia-northeast3, not a zone and not a multi-region."
  }
}

variable "name" {
  description = "Begins the name of everything made here, so that two deployments can share a project."
  type        = string
  default     = "pageinspect"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name))
    error_message = "name: want 3 to 16 lower-case letters, digits and hyphens, because account ids end at 30."
  }
}

variable "labels" {
  description = "Labels put on everything beside app=NAME."
  type        = map(string)
  default     = {}
}

variable "kms_key" {
  description = "A Cloud KMS key of the same region that encrypts buckets, topics, secrets, images and a managed Kafka. Null: Google's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/${var.region}/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key: want projects/P/locations/REGION/keyRings/R/cryptoKeys/K, in the region of everything else."
  }
}

# Time. Work ends before Cloud Run cuts the request, and that before Pub/Sub
# takes the message for lost.

variable "timeout_seconds" {
  description = "Cloud Run's request timeout, told to the code as CLOUD_RUN_TIMEOUT_SECONDS."
  type        = number
  default     = 540

  validation {
    condition     = var.timeout_seconds >= 60 && var.timeout_seconds < var.ack_deadline_seconds
    error_message = "timeout_seconds: want at least 60 and less than ack_deadline_seconds, or a page still being worked on is delivered again."
  }
}

variable "ack_deadline_seconds" {
  description = "How long a push subscription waits for an answer. 600 is Pub/Sub's most."
  type        = number
  default     = 600

  validation {
    condition     = var.ack_deadline_seconds >= 10 && var.ack_deadline_seconds <= 600
    error_message = "ack_deadline_seconds: Pub/Sub allows 10 to 600."
  }
}

variable "max_attempts" {
  description = "How often work on a page is begun that dies without a word, or fails curably, before that is recorded in the errors topic; curable failures are given an hour besides. The platform's dead letter, after 100 deliveries, catches only what could not even be recorded."
  type        = number
  default     = 5

  validation {
    condition     = var.max_attempts >= 1 && var.max_attempts <= 50
    error_message = "max_attempts: want 1 to 50; some of the 100 deliveries before Pub/Sub dead-letters find the work under way elsewhere."
  }
}

# Routes

variable "capture_trigger" {
  description = "How requests reach Capture: http (a Kafka Connect sink calls it), pubsub (a Pub/Sub sink connector, then push) or eventarc (the same topic, through an Eventarc trigger)."
  type        = string
  default     = "http"

  validation {
    condition     = contains(["http", "pubsub", "eventarc"], var.capture_trigger)
    error_message = "capture_trigger: want http, pubsub or eventarc."
  }
  validation {
    condition     = var.capture_trigger != "http" || var.kafka.managed == null
    error_message = "capture_trigger: Managed Kafka offers a Pub/Sub sink and no HTTP sink; want pubsub or eventarc."
  }
}

variable "capture_caller_secret_versions" {
  description = "For a connector that can send a fixed header and no Google token (capture_trigger http): one or two versions of the secret NAME-callers. Capture is then open to the internet, and refuses every delivery that does not show one of them as `Authorization: Bearer …`. Empty: callers sign in to Google."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.capture_caller_secret_versions) <= 2
    error_message = "capture_caller_secret_versions: want at most two, the one that callers show and the one that replaces it."
  }
  validation {
    condition     = length(var.capture_caller_secret_versions) == 0 || var.capture_trigger == "http"
    error_message = "capture_caller_secret_versions: pubsub and eventarc sign their calls; want none, or capture_trigger = \"http\"."
  }
}

variable "recognize_trigger" {
  description = "How a finalize reaches Recognize: notification (bucket notification and our own push subscription; all declared here) or eventarc (a trigger whose 10 s ack deadline only a command can raise; see the outputs)."
  type        = string
  default     = "notification"

  validation {
    condition     = contains(["notification", "eventarc"], var.recognize_trigger)
    error_message = "recognize_trigger: want notification or eventarc."
  }
}

variable "publishers" {
  description = "Who else may publish to the Pub/Sub topics of requests (capture_trigger pubsub or eventarc) and of results (results_in_bigquery): members such as serviceAccount:connect@P.iam.gserviceaccount.com, the account of your own Pub/Sub sink connector."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for m in var.publishers : can(regex("^(serviceAccount|user|group|principal|principalSet):", m))])
    error_message = "publishers: want members with their type, such as serviceAccount:connect@P.iam.gserviceaccount.com; never allUsers."
  }
}

# Kafka

variable "kafka" {
  description = <<-EOT
    Exactly one of:
      own      your brokers. A password and a CA are versions of the secrets made in secrets.tf, added outside.
      managed  a Google Managed Kafka cluster with topics, a connect cluster and a Pub/Sub sink connector.
    subnet is what Cloud Run reaches private brokers through (projects/P/regions/R/subnetworks/S);
    a managed cluster needs it, and it must have room for a /22.
  EOT
  type = object({
    own = optional(object({
      brokers = list(string)
      tls     = optional(bool, true)
      sasl = optional(object({
        mechanism        = string
        username         = string
        password_version = optional(string, "1")
      }))
      ca_version = optional(string) # a version of the secret of the brokers' CA, if it is not a public one
    }))
    managed = optional(object({
      vcpus             = optional(number, 3)
      memory_gib        = optional(number, 12)
      connect_vcpus     = optional(number, 3)
      connect_memory_gb = optional(number, 6)
      connect_tasks     = optional(number, 3)
      operators         = optional(list(string), []) # accounts, by email, that submit requests and read results and errors
    }))
    subnet = optional(string)
    topics = optional(object({
      requests  = optional(string, "pageinspect.requests")
      results   = optional(string, "pageinspect.results")
      errors    = optional(string, "pageinspect.errors")
      decisions = optional(string, "pageinspect.decisions") # with a desk
    }), {})
    partitions = optional(number, 12) # of requests and results; see `pageinspect plan`
  })

  validation {
    condition     = (var.kafka.own == null) != (var.kafka.managed == null)
    error_message = "kafka: set one of own and managed."
  }
  validation {
    condition     = var.kafka.own == null || try(length(var.kafka.own.brokers) > 0 && alltrue([for b in var.kafka.own.brokers : can(regex("^[^,:\\s]+:[0-9]{1,5}$", b))]), false)
    error_message = "kafka.own.brokers: want one or more host:port."
  }
  validation {
    condition     = try(var.kafka.own.sasl, null) == null || contains(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], try(var.kafka.own.sasl.mechanism, ""))
    error_message = "kafka.own.sasl.mechanism: want PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."
  }
  validation {
    condition     = try(var.kafka.own.sasl.mechanism, "") != "PLAIN" || try(var.kafka.own.tls, false)
    error_message = "kafka.own.tls: PLAIN would send the password readable; want tls = true."
  }
  validation {
    condition     = try(var.kafka.own.ca_version, null) == null || try(var.kafka.own.tls, false)
    error_message = "kafka.own.ca_version: a CA needs tls = true."
  }
  validation {
    condition     = var.kafka.managed == null || var.kafka.subnet != null
    error_message = "kafka.subnet: a managed cluster needs the subnet it is reached through."
  }
  validation {
    condition     = var.kafka.subnet == null || can(regex("^projects/[^/]+/regions/${var.region}/subnetworks/[^/]+$", var.kafka.subnet))
    error_message = "kafka.subnet: want projects/P/regions/REGION/subnetworks/S, in the region of everything else."
  }
  validation {
    condition = var.kafka.managed == null || try(
    var.kafka.managed.vcpus >= 3 && var.kafka.managed.memory_gib >= var.kafka.managed.vcpus && var.kafka.managed.memory_gib <= 8 * var.kafka.managed.vcpus, false)
    error_message = "kafka.managed: want at least 3 vcpus, and 1 to 8 GiB of memory for each."
  }
  validation {
    condition     = var.kafka.partitions >= 1 && var.kafka.partitions <= 10000
    error_message = "kafka.partitions: want 1 to 10,000."
  }
}

# The functions. Images are named by digest, so that what runs is what was tested.

variable "capture" {
  description = "Capture's container. tabs is how many pages one instance has open at a time: Cloud Run's concurrency and CAPTURE_TABS. page_bytes_mb is what a page may receive; what it may hold follows from memory_mib and tabs. profiles and allow: see the README's environment."
  type = object({
    image         = string
    cpu           = optional(number, 2)
    memory_mib    = optional(number, 4096)
    tabs          = optional(number, 4)
    min_instances = optional(number, 0)
    max_instances = optional(number, 20)
    recycle       = optional(number, 500)
    page_bytes_mb = optional(number, 512)
    allow         = optional(list(string), [])
    profiles      = optional(string) # path of a profiles file on this machine
  })

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.capture.image))
    error_message = "capture.image: want a digest, REGION-docker.pkg.dev/P/R/capture@sha256:…; a tag can change under a running service."
  }
  validation {
    condition     = var.capture.tabs >= 1 && var.capture.tabs <= 1000 && var.capture.memory_mib >= 1024 + 512 * var.capture.tabs
    error_message = "capture.memory_mib: want 1024 and 512 for each of capture.tabs; long pages take that much."
  }
  validation {
    condition     = var.capture.min_instances >= 0 && var.capture.min_instances <= var.capture.max_instances
    error_message = "capture.min_instances: want 0 to capture.max_instances."
  }
}

variable "recognize" {
  description = "Recognize's container. images_per_minute is this deployment's share of Vision's quota (1,800 a minute unless raised). vision_location is where Vision reads: us, eu or asia; anywhere unless said. rules: see the README's environment."
  type = object({
    image             = string
    cpu               = optional(number, 1)
    memory_mib        = optional(number, 1024)
    concurrency       = optional(number, 8)
    min_instances     = optional(number, 0)
    max_instances     = optional(number, 10)
    images_per_minute = optional(number, 1800)
    vision_location   = optional(string)
    rules             = optional(list(string), []) # paths of rule packs on this machine
  })

  validation {
    condition     = var.recognize.vision_location == null || contains(["us", "eu", "asia"], coalesce(var.recognize.vision_location, "us"))
    error_message = "recognize.vision_location: want us, eu or asia, or null for anywhere."
  }
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.recognize.image))
    error_message = "recognize.image: want a digest, REGION-docker.pkg.dev/P/R/recognize@sha256:…; a tag can change under a running service."
  }
  validation {
    condition     = var.recognize.min_instances >= 0 && var.recognize.min_instances <= var.recognize.max_instances
    error_message = "recognize.min_instances: want 0 to recognize.max_instances."
  }
  validation {
    condition     = floor(var.recognize.images_per_minute / max(var.recognize.max_instances, 1)) >= 32
    error_message = "recognize.images_per_minute: leaves less than 32 images a minute, two calls to Vision, for each instance; raise it, or lower recognize.max_instances."
  }
}

variable "desk" {
  description = "The desk, where reviewers decide; null: there is none. reviewers may look: members such as group:reviewers@example.com or user:you@example.com. deciders, of these, may decide: addresses, *@DOMAIN, or * for all. recheck has pages inspected again that were captured longer ago than older (7d), on a schedule of cron. memory_mib holds the index; see the README."
  type = object({
    image         = string
    reviewers     = list(string)
    deciders      = optional(list(string), ["*"])
    cpu           = optional(number, 2)
    memory_mib    = optional(number, 4096)
    concurrency   = optional(number, 80)
    min_instances = optional(number, 0)
    max_instances = optional(number, 2)
    # Shares of what is read a second time: of decided pages, of passes, and golden pages among a reader's.
    second = optional(number, 0.05)
    passes = optional(number, 0.02)
    golden = optional(number, 0.02)
    # Evidence: the version of the secret NAME-evidence-key, and who stamps the time (RFC 3161).
    evidence_key_version = optional(string)
    timestamp_url        = optional(string, "")
    # Notices to sellers: the path of a file with your words, and the days that they give.
    notice_template = optional(string)
    notice_days     = optional(number, 7)
    recheck = optional(object({
      schedule  = string
      time_zone = optional(string, "Asia/Seoul")
      older     = optional(string, "7d")
      verdicts  = optional(list(string), ["pass"])
      states    = optional(list(string), [])
      limit     = optional(number, 1000)
    }))
  })
  default = null

  validation {
    condition     = var.desk == null || can(regex("@sha256:[0-9a-f]{64}$", var.desk.image))
    error_message = "desk.image: want a digest, REGION-docker.pkg.dev/P/R/desk@sha256:…; a tag can change under a running service."
  }
  validation {
    condition     = var.desk == null || try(length(var.desk.reviewers) > 0 && alltrue([for m in var.desk.reviewers : can(regex("^(user|group|domain|principal|principalSet):.+$", m))]), false)
    error_message = "desk.reviewers: want members with their type, such as group:reviewers@example.com; never allUsers."
  }
  validation {
    condition     = var.desk == null || try(length(var.desk.deciders) > 0 && alltrue([for d in var.desk.deciders : d == "*" || can(regex("^([^@* ,]+|[*])@[^@* ,]+$", d))]), false)
    error_message = "desk.deciders: want addresses, *@DOMAIN, or * for every reviewer."
  }
  validation {
    condition     = var.desk == null || try(var.desk.min_instances >= 0 && var.desk.max_instances >= 1 && var.desk.min_instances <= var.desk.max_instances, false)
    error_message = "desk.min_instances: want 0 to desk.max_instances, which is at least 1."
  }
  validation {
    condition     = var.desk == null || try(alltrue([for s in [var.desk.second, var.desk.passes, var.desk.golden] : s >= 0 && s <= 1]), false)
    error_message = "desk.second, passes, golden: want shares from 0 to 1, such as 0.05."
  }
  validation {
    condition     = var.desk == null || try(var.desk.notice_days >= 1 && var.desk.notice_days <= 365 && floor(var.desk.notice_days) == var.desk.notice_days, false)
    error_message = "desk.notice_days: want whole days, 1 to 365."
  }
  validation {
    condition     = try(var.desk.timestamp_url, "") == "" || can(regex("^https?://[^/]+", var.desk.timestamp_url))
    error_message = "desk.timestamp_url: want http://… or https://…, of an authority that stamps the time (RFC 3161)."
  }
  validation {
    condition     = try(var.desk.recheck, null) == null || can(regex("^[1-9][0-9]*(d|h)$", var.desk.recheck.older))
    error_message = "desk.recheck.older: want days or hours, such as 7d."
  }
  validation {
    condition     = try(var.desk.recheck, null) == null || try(alltrue([for v in var.desk.recheck.verdicts : contains(["pass", "review", "reject"], v)]) && alltrue([for s in var.desk.recheck.states : contains(["open", "escalated", "confirmed", "dismissed", "none"], s)]) && var.desk.recheck.limit >= 1, false)
    error_message = "desk.recheck: verdicts are pass, review and reject; states are open, escalated, confirmed, dismissed and none; limit is at least 1."
  }
}

# What is kept, and where

variable "buckets" {
  description = "prefix: begins the buckets' names, which are unique in the world; null: PROJECT-NAME. Days after which things go; 0: never."
  type = object({
    prefix           = optional(string)
    location         = optional(string) # null: the region
    screenshots_days = optional(number, 30)
    cache_days       = optional(number, 90) # how long Vision's readings are used again; 0: never
    pages_days       = optional(number, 0)
    results_days     = optional(number, 0)
  })
  default = {}

  validation {
    condition     = lower(coalesce(var.buckets.location, var.region)) == var.region
    error_message = "buckets.location: want the region of the functions; elsewhere every tile crosses regions, and Eventarc does not see the bucket."
  }
  validation {
    condition     = alltrue([for d in [var.buckets.screenshots_days, var.buckets.cache_days, var.buckets.pages_days, var.buckets.results_days] : d >= 0 && d <= 3650 && floor(d) == d])
    error_message = "buckets: want whole days up to 3650, or 0 to keep things for ever."
  }
}

variable "results_in_bigquery" {
  description = "Whether results go to BigQuery, too: a dataset with a table of events and a view of each page's last result, written by a Pub/Sub subscription. With your own Kafka run connect/pubsub-results.json; a managed one gets the connector."
  type        = bool
  default     = false
}

variable "exports_in_bigquery" {
  description = "Whether BigQuery reads what `pageinspect results` exports: a bucket for JSON lines, and an external table over all that lies in it, in the same dataset. Nothing is copied and no connector runs."
  type        = bool
  default     = false
}

# Seeing it run

variable "alert_emails" {
  description = "Who is told when something is wrong."
  type        = list(string)
  default     = []
}

variable "otlp_endpoint" {
  description = "An OpenTelemetry collector, http://host:4318 or https://…, for traces and metrics. Null: none, at no cost."
  type        = string
  default     = null

  validation {
    condition     = var.otlp_endpoint == null || can(regex("^https?://", var.otlp_endpoint))
    error_message = "otlp_endpoint: want http://host:4318 or https://…."
  }
}

variable "deletion_protection" {
  description = "Whether services, Kafka and buckets with objects in them refuse to be destroyed. Set false and apply before `terraform destroy`."
  type        = bool
  default     = true
}
