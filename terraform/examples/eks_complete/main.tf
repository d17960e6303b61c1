provider "aws" {
  region = var.region

  default_tags {
    tags = var.tags
  }
}

data "aws_availability_zones" "available" {
  state = "available"

  # Local and Wavelength zones hold no control plane.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

module "network" {
  source = "../../modules/network"

  name         = var.cluster_name
  cluster_name = var.cluster_name
  cidr         = var.cidr
  zones        = slice(data.aws_availability_zones.available.names, 0, var.zone_count)
  nat_gateway  = true
}

module "controller_iam" {
  source = "../../modules/controller_iam"

  cluster_name = aws_eks_cluster.this.name
  vpc_id       = module.network.vpc_id
  namespace    = var.namespace
}
