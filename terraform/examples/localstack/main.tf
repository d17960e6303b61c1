provider "aws" {
  region = var.region

  # LocalStack takes any credentials; with these it answers as the account 000000000000.
  access_key = "test"
  secret_key = "test"

  # These checks would go to AWS itself.
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
    ec2 = var.endpoint
    eks = var.endpoint
    iam = var.endpoint
    sts = var.endpoint
  }
}

locals {
  zones = [for suffix in ["a", "b", "c"] : "${var.region}${suffix}"]

  # LocalStack starts no machine, so any image will do.
  image = "ami-00000000000000000"
}

module "network" {
  source = "../../modules/network"

  name          = var.cluster_name
  cluster_name  = var.cluster_name
  zones         = local.zones
  dns_hostnames = false
}

# The group that all nodes share. Its tag lets elbow admit its load balancers.
resource "aws_security_group" "nodes" {
  name        = "${var.cluster_name}-nodes"
  description = "Nodes of ${var.cluster_name}"
  vpc_id      = module.network.vpc_id

  ingress {
    description = "Nodes among themselves"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    self        = true
  }

  egress {
    description = "Everywhere"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  # elbow adds rules of its own, which Terraform must not take away.
  lifecycle {
    ignore_changes = [ingress]
  }

  tags = {
    Name                                        = "${var.cluster_name}-nodes"
    "kubernetes.io/cluster/${var.cluster_name}" = "owned"
  }
}

resource "aws_instance" "node" {
  count = var.node_count

  ami                    = local.image
  instance_type          = "m7i.large"
  subnet_id              = element(module.network.private_subnet_ids, count.index)
  vpc_security_group_ids = [aws_security_group.nodes.id]

  tags = {
    Name                                        = "${var.cluster_name}-node-${count.index}"
    "kubernetes.io/cluster/${var.cluster_name}" = "owned"
  }
}

resource "aws_iam_role" "cluster" {
  name = "${var.cluster_name}-cluster"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "eks.amazonaws.com" }
      Action    = ["sts:AssumeRole"]
    }]
  })
}

# The cluster as AWS sees it. The control plane itself runs on the developer's machine.
resource "aws_eks_cluster" "this" {
  name     = var.cluster_name
  role_arn = aws_iam_role.cluster.arn

  vpc_config {
    subnet_ids = module.network.private_subnet_ids
  }
}

module "controller_iam" {
  source = "../../modules/controller_iam"

  cluster_name = aws_eks_cluster.this.name
  vpc_id       = module.network.vpc_id

  # LocalStack has no such call.
  create_pod_identity_association = false
}
