variable "name" {
  description = "Of the service."
  type        = string
}

variable "target" {
  description = "The function's registered name."
  type        = string
}

variable "region" {
  description = "Where it runs."
  type        = string
}

variable "image" {
  description = "Its container, by digest."
  type        = string
}

variable "account" {
  description = "The email of the account it runs as."
  type        = string
}

variable "invoker" {
  description = "The one member that may call it."
  type        = string
}

variable "public" {
  description = "Whether calls may come from outside the project's network; they must sign in all the same."
  type        = bool
}

variable "iap" {
  description = "Whether Identity-Aware Proxy stands in front, for people with a browser."
  type        = bool
  default     = false
}

variable "probe" {
  description = "Where a probe asks."
  type        = string
  default     = "/"
}

variable "callers_show_a_secret" {
  description = "Whether the code checks who calls, by a secret, and Cloud Run lets everybody in."
  type        = bool
}

variable "timeout_seconds" {
  description = "Cloud Run's request timeout, and what the code is told of it."
  type        = number
}

variable "cpu" {
  description = "Virtual CPUs."
  type        = number

  validation {
    condition     = contains([1, 2, 4, 6, 8], var.cpu)
    error_message = "cpu: Cloud Run has 1, 2, 4, 6 or 8."
  }
}

variable "memory_mib" {
  description = "Memory. It holds /tmp too."
  type        = number

  # https://cloud.google.com/run/docs/configuring/services/memory-limits
  validation {
    condition     = var.memory_mib >= lookup({ 4 = 2048, 6 = 4096, 8 = 4096 }, var.cpu, 512) && var.memory_mib <= lookup({ 1 = 4096, 2 = 8192, 4 = 16384, 6 = 24576, 8 = 32768 }, var.cpu, 0)
    error_message = "memory_mib: Cloud Run gives 512-4096 MiB to 1 CPU, 512-8192 to 2, 2048-16384 to 4, 4096-24576 to 6 and 4096-32768 to 8."
  }
}

variable "cpu_always" {
  description = "Whether an instance has its processors, and they are paid for, between requests too: for work that goes on when its connection was cut."
  type        = bool
}

variable "concurrency" {
  description = "Requests that one instance works on at a time."
  type        = number
}

variable "min_instances" {
  description = "Instances kept warm."
  type        = number
}

variable "max_instances" {
  description = "Instances at most."
  type        = number
}

variable "subnet" {
  description = "What private addresses are reached through, or null."
  type        = string
}

variable "kms_key" {
  description = "Encrypts the deployed container, or null."
  type        = string
}

variable "env" {
  description = "Environment; empty values are left out."
  type        = map(string)
}

variable "secret_env" {
  description = "Environment from Secret Manager."
  type        = map(object({ secret = string, version = string }))
}

variable "secret_files" {
  description = "Files from Secret Manager, at /secrets/KEY/FILE."
  type        = map(object({ secret = string, version = string, file = string }))
}

variable "config_bucket" {
  description = "The bucket of rule packs and profiles, mounted read-only, or null."
  type        = string
}

variable "config_mount" {
  description = "Where it is mounted."
  type        = string
}

variable "deletion_protection" {
  description = "Whether it refuses to be destroyed."
  type        = bool
}
