variable "name" {
  description = "Name of the VPC, and prefix of the Name tag of everything in it."
  type        = string
}

variable "cluster_name" {
  description = "Name of the Kubernetes cluster. Its tag on the subnets makes them the first choice for its load balancers."
  type        = string
}

variable "zones" {
  description = "Availability zones: one public and one private subnet is made in each. An NLB needs one zone or more, EKS two or more."
  type        = list(string)

  validation {
    condition     = length(var.zones) > 0 && length(var.zones) <= 15 && length(distinct(var.zones)) == length(var.zones)
    error_message = "Give 1 to 15 different availability zones, for example [\"us-east-1a\", \"us-east-1b\"]."
  }
}

variable "cidr" {
  description = "IPv4 range of the VPC, /16 to /20. The first sixteenth is cut into the public subnets, each further sixteenth is a private one."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "cidr must be an IPv4 range of /16 to /20, for example 10.0.0.0/16: AWS allows no subnet smaller than /28 and no VPC larger than /16."
  }
}

variable "nat_gateway" {
  description = "Whether the private subnets reach the internet through one NAT gateway in the first zone. It is billed by the hour; one for all zones is right for a test cluster, not for production."
  type        = bool
  default     = false
}

variable "dns_hostnames" {
  description = "Whether instances get DNS names. EKS asks for it; where nothing does, each apply is 10 s shorter without."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags for every resource of the module."
  type        = map(string)
  default     = {}
}
