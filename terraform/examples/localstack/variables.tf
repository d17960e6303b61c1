variable "endpoint" {
  description = "URL that LocalStack answers at."
  type        = string
  default     = "http://localhost:4566"
}

variable "region" {
  description = "AWS region. LocalStack knows them all."
  type        = string
  default     = "us-east-1"
}

variable "cluster_name" {
  description = "Name of the cluster: in the tags that subnets, nodes and load balancers are found by."
  type        = string
  default     = "elbow-sandbox"
}

variable "node_count" {
  description = "How many instances stand for the cluster's nodes. They are spread over the three zones."
  type        = number
  default     = 3

  validation {
    condition     = var.node_count >= 0 && floor(var.node_count) == var.node_count
    error_message = "node_count must be a whole number, 0 or more."
  }
}
