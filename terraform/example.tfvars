# cp example.tfvars my.tfvars; terraform apply -var-file=my.tfvars
# Only what stands here must be said; variables.tf tells the rest.

project = { id = "my-project-123", number = "123456789012" }
region  = "asia-northeast3"

# By digest: `make images` prints these lines.
capture   = { image = "asia-northeast3-docker.pkg.dev/my-project-123/pageinspect/capture@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
recognize = { image = "asia-northeast3-docker.pkg.dev/my-project-123/pageinspect/recognize@sha256:0000000000000000000000000000000000000000000000000000000000000000" }

# Your own Kafka, and a Kafka Connect that calls Capture …
capture_trigger = "http"
kafka = {
  own = {
    brokers = ["broker-1.example.com:9093", "broker-2.example.com:9093"]
    sasl    = { mechanism = "SCRAM-SHA-512", username = "pageinspect" } # the password: see README.md
  }
}

# … or Google's, which feeds Capture through Pub/Sub:
# capture_trigger = "pubsub"
# kafka = {
#   managed = { operators = ["reviewers@my-project-123.iam.gserviceaccount.com"] }
#   subnet  = "projects/my-project-123/regions/asia-northeast3/subnetworks/default"
# }

# The desk, for reviewers in a browser: see README.md.
# desk = {
#   image     = "asia-northeast3-docker.pkg.dev/my-project-123/pageinspect/desk@sha256:0000000000000000000000000000000000000000000000000000000000000000"
#   reviewers = ["group:reviewers@example.com"]
#   deciders  = ["*@example.com"]
# }

alert_emails = ["oncall@example.com"]
