variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "cluster_name" {
  description = "Name of the cluster, and prefix of all names here."
  type        = string
  default     = "elbow-test"
}

variable "kubernetes_version" {
  description = "Kubernetes version of the cluster, 1.30 or later."
  type        = string
  default     = "1.34"

  validation {
    condition     = can(regex("^1\\.(3[0-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version must be 1.30 or later, for example \"1.34\"."
  }
}

variable "cidr" {
  description = "IPv4 range of the VPC."
  type        = string
  default     = "10.0.0.0/16"
}

variable "zone_count" {
  description = "In how many availability zones: 2 or more, EKS asks for two."
  type        = number
  default     = 3

  validation {
    condition     = var.zone_count >= 2 && floor(var.zone_count) == var.zone_count
    error_message = "zone_count must be a whole number, 2 or more."
  }
}

variable "node_count" {
  description = "Nodes in the managed node group."
  type        = number
  default     = 3
}

variable "instance_types" {
  description = "Instance types of the nodes, all of the same architecture as ami_type."
  type        = list(string)
  default     = ["t4g.medium"]
}

variable "ami_type" {
  description = "Image of the nodes: AL2023_ARM_64_STANDARD or AL2023_x86_64_STANDARD."
  type        = string
  default     = "AL2023_ARM_64_STANDARD"

  validation {
    condition     = contains(["AL2023_ARM_64_STANDARD", "AL2023_x86_64_STANDARD"], var.ami_type)
    error_message = "ami_type must be AL2023_ARM_64_STANDARD or AL2023_x86_64_STANDARD."
  }
}

variable "admin_principal_arns" {
  description = "IAM roles and users that administer the cluster, besides the identity that applies this."
  type        = set(string)
  default     = []
}

variable "public_access_cidrs" {
  description = "From where the API server may be reached over the internet. The default is everywhere: narrow it to your own addresses."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "namespace" {
  description = "Namespace that the chart will be installed in."
  type        = string
  default     = "elbow-system"
}

variable "tags" {
  description = "Tags for every resource, for example an owner or an expiry that a clean-up job reads."
  type        = map(string)
  default     = {}
}
