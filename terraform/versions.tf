terraform {
  required_version = ">= 1.9" # validations that look at other variables

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45" # what the tests were run with
    }
  }
}

provider "google" {
  project        = var.project.id
  region         = var.region
  default_labels = merge({ app = var.name }, var.labels)
}
