variable "name" {
  description = "Of the subscription; begins the names of what belongs to it."
  type        = string
}

variable "topic" {
  description = "Whose messages are pushed."
  type        = string
}

variable "endpoint" {
  description = "The function's address, and the token's audience."
  type        = string
}

variable "invoker" {
  description = "The email of the account that the push signs in as."
  type        = string
}

variable "agent" {
  description = "Pub/Sub's own account, which moves dead letters."
  type        = string
}

variable "region" {
  description = "Where dead letters are stored."
  type        = string
}

variable "ack_deadline_seconds" {
  description = "How long an answer is waited for."
  type        = number
}

variable "kms_key" {
  description = "Encrypts the dead letters, or null."
  type        = string
}
