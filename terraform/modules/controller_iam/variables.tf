variable "cluster_name" {
  description = "Name of the cluster, equal to clusterName in the chart. Every write is limited to resources tagged elbow.dev/cluster with this value."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", var.cluster_name))
    error_message = "cluster_name must be an EKS cluster name: 1 to 100 letters, digits, - and _, a letter or digit first."
  }
}

variable "vpc_id" {
  description = "Id of the VPC that the cluster's nodes are in. Security groups can be created in this one only."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC, for example vpc-0a1b2c3d4e5f67890."
  }
}

variable "identity" {
  description = "How the Pods get the role: \"pod_identity\" (EKS Pod Identity; needs the eks-pod-identity-agent add-on) or \"irsa\" (IAM roles for service accounts; needs oidc_provider_arn)."
  type        = string
  default     = "pod_identity"

  validation {
    condition     = contains(["pod_identity", "irsa"], var.identity)
    error_message = "identity must be \"pod_identity\" or \"irsa\"."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the cluster's IAM OIDC provider. Only for identity = \"irsa\"."
  type        = string
  default     = null

  validation {
    condition     = (var.identity == "irsa") == (var.oidc_provider_arn != null)
    error_message = "oidc_provider_arn belongs to identity = \"irsa\": give both, or neither."
  }
  validation {
    condition     = var.oidc_provider_arn == null || can(regex(":oidc-provider/.+$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of an OIDC provider: arn:aws:iam::ACCOUNT:oidc-provider/ISSUER."
  }
}

variable "create_pod_identity_association" {
  description = "Whether the module associates the role with the service account. Off where the cluster does not exist yet, or is managed elsewhere. No meaning for \"irsa\"."
  type        = bool
  default     = true
}

variable "namespace" {
  description = "Namespace that the chart is installed in."
  type        = string
  default     = "elbow-system"
}

variable "service_account" {
  description = "Name of the chart's ServiceAccount: the release name, unless serviceAccount.name or fullnameOverride says otherwise."
  type        = string
  default     = "elbow"
}

variable "role_name" {
  description = "Name of the role, and beginning of the names of its policies. Empty: elbow-CLUSTER, cut to the 64 characters that IAM allows."
  type        = string
  default     = ""
}

variable "permissions_boundary" {
  description = "ARN of a permissions boundary for the role, where the account demands one."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource of the module."
  type        = map(string)
  default     = {}
}
