mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = {
      names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    }
  }
  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }
  mock_data "aws_region" {
    defaults = {
      id = "eu-west-1"
    }
  }
  mock_resource "aws_vpc" {
    defaults = {
      id = "vpc-0a1b2c3d"
    }
  }
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/test"
    }
  }
  mock_resource "aws_iam_policy" {
    defaults = {
      arn = "arn:aws:iam::111122223333:policy/test"
    }
  }
  mock_resource "aws_launch_template" {
    defaults = {
      id             = "lt-0a1b2c3d"
      latest_version = 1
    }
  }
}

variables {
  region       = "eu-west-1"
  cluster_name = "blue"
}

run "pods_cannot_reach_the_credentials_of_their_node" {
  command = apply

  assert {
    condition     = one(aws_launch_template.nodes.metadata_options).http_tokens == "required"
    error_message = "instance metadata version 2 only"
  }
  assert {
    condition     = one(aws_launch_template.nodes.metadata_options).http_put_response_hop_limit == 1
    error_message = "one hop: the node itself"
  }
  assert {
    condition     = one(aws_eks_node_group.this.launch_template).id == aws_launch_template.nodes.id
    error_message = "the nodes are made from that template"
  }
}

run "pods_get_credentials_from_pod_identity" {
  command = apply

  assert {
    condition     = contains(keys(aws_eks_addon.before_nodes), "eks-pod-identity-agent")
    error_message = "the agent is installed"
  }
  assert {
    condition     = output.controller_role_arn == module.controller_iam.role_arn
    error_message = "elbow has a role"
  }
}

run "administrators_come_by_access_entries" {
  command = apply

  variables {
    admin_principal_arns = ["arn:aws:iam::111122223333:role/admin"]
  }

  assert {
    condition     = one(aws_eks_cluster.this.access_config).authentication_mode == "API"
    error_message = "access entries only"
  }
  assert {
    condition = alltrue([
      for principal in var.admin_principal_arns :
      aws_eks_access_policy_association.admin[principal].policy_arn == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    ])
    error_message = "each administers the cluster"
  }
}

run "nodes_are_private_and_lead_out_through_nat" {
  command = apply

  assert {
    condition     = aws_eks_node_group.this.subnet_ids == toset(module.network.private_subnet_ids)
    error_message = "nodes stand in the private subnets"
  }
  assert {
    condition     = length(aws_eks_node_group.this.subnet_ids) > 0
    error_message = "there are some"
  }
}

run "a_cluster_older_than_the_chart_takes_is_refused" {
  command = plan

  variables {
    kubernetes_version = "1.29"
  }

  expect_failures = [var.kubernetes_version]
}
