variable "name" {
  description = "Begins the names of topic and subscription, which end in -dead."
  type        = string
}

variable "agent" {
  description = "Pub/Sub's own account, which publishes dead letters."
  type        = string
}

variable "region" {
  description = "Where they are stored."
  type        = string
}

variable "kms_key" {
  description = "Encrypts them, or null."
  type        = string
}
