variable "resource_group" {
  description = "Name of the resource group to make."
  type        = string
}

variable "location" {
  description = "Region; for Sentinel that of the workspace, because the rule has to be in the same."
  type        = string
}

variable "namespace" {
  description = "Name of the Event Hubs namespace, unique in Azure."
  type        = string
}

variable "tables" {
  description = "The tables of Defender XDR to stream, each into a hub of its own. EmailEvents is needed, the others explain."
  type        = set(string)
  default = [
    "EmailEvents",
    "EmailUrlInfo",
    "EmailAttachmentInfo",
    "EmailPostDeliveryEvents",
    "UrlClickEvents",
  ]

  validation {
    condition     = contains(var.tables, "EmailEvents") && length(var.tables) <= 10
    error_message = "EmailEvents has to be among them, and a Standard namespace holds ten hubs."
  }
}

variable "capacity" {
  description = "Throughput units to begin with; a unit takes 1 MB/s in and gives 2 MB/s out."
  type        = number
  default     = 1
}

variable "capacity_max" {
  description = "Throughput units that the namespace may grow to."
  type        = number
  default     = 4
}

variable "partitions" {
  description = "Partitions of each hub; Standard cannot change them later."
  type        = number
  default     = 4
}

variable "retention_days" {
  description = "How long the hubs keep what is in them, 1 to 7: how long Postern may be away."
  type        = number
  default     = 7

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 7
    error_message = "A Standard namespace keeps 1 to 7 days."
  }
}

variable "receiver_principal_ids" {
  description = "Object ids of identities that may read by Entra. Postern logs in with the connection string today."
  type        = set(string)
  default     = []
}

variable "workspace_resource_id" {
  description = "Resource id of the Log Analytics workspace that Sentinel is on; empty without the Sentinel sink."
  type        = string
  default     = ""
}

variable "publisher_principal_ids" {
  description = "Object ids of the identities of Postern that write to Sentinel."
  type        = set(string)
  default     = []
}
