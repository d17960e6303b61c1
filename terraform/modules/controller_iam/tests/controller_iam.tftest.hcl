# A bare mock answers with random text, which is no region, no partition and no ARN.
mock_provider "aws" {
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
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/elbow-blue"
    }
  }
  mock_resource "aws_iam_policy" {
    defaults = {
      arn = "arn:aws:iam::111122223333:policy/elbow-blue"
    }
  }
}

variables {
  cluster_name = "blue"
  vpc_id       = "vpc-0a1b2c3d"
}

run "each_half_fits_into_a_managed_policy_whatever_the_clusters_name" {
  command = plan

  variables {
    cluster_name = join("", [for number in range(100) : "c"])
  }

  assert {
    condition     = alltrue([for policy in aws_iam_policy.this : length(policy.policy) <= 6144])
    error_message = "IAM allows 6144 characters"
  }
  assert {
    condition     = alltrue([for policy in aws_iam_policy.this : length(policy.name) <= 128])
    error_message = "IAM allows 128 characters in the name of a policy"
  }
  assert {
    condition = toset([for statement in jsondecode(output.policy_json).Statement : jsonencode(statement)]) == toset(flatten([
      for policy in aws_iam_policy.this : [for statement in jsondecode(policy.policy).Statement : jsonencode(statement)]
    ]))
    error_message = "the output is the policy that is attached"
  }
}

run "every_statement_has_a_name_of_its_own_and_the_region_of_the_provider" {
  command = plan

  assert {
    condition     = length(distinct(jsondecode(output.policy_json).Statement[*].Sid)) == length(jsondecode(output.policy_json).Statement)
    error_message = "a Sid names one statement"
  }
  assert {
    condition = alltrue([
      for resource in flatten(jsondecode(output.policy_json).Statement[*].Resource) :
      resource == "*" || can(regex("^arn:aws:(ec2|elasticloadbalancing):eu-west-1:", resource))
    ])
    error_message = "resources are those of the provider's region and partition"
  }
}

run "security_groups_are_created_in_the_given_vpc_only" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(output.policy_json).Statement : statement.Resource
      if contains(statement.Action, "ec2:CreateSecurityGroup")
    ] == ["arn:aws:ec2:eu-west-1:*:security-group/*", "arn:aws:ec2:eu-west-1:*:vpc/vpc-0a1b2c3d"]
    error_message = "the group, and the one VPC"
  }
}

run "pod_identity_trusts_one_service_account_of_the_cluster" {
  command = apply

  assert {
    condition     = one(jsondecode(output.trust_policy_json).Statement).Principal == { Service = "pods.eks.amazonaws.com" }
    error_message = "the principal is EKS Pod Identity"
  }
  assert {
    condition     = toset(one(jsondecode(output.trust_policy_json).Statement).Action) == toset(["sts:AssumeRole", "sts:TagSession"])
    error_message = "EKS Pod Identity tags its sessions"
  }
  assert {
    condition = one(jsondecode(output.trust_policy_json).Statement).Condition.StringEquals == {
      "aws:RequestTag/eks-cluster-name"           = "blue"
      "aws:RequestTag/kubernetes-namespace"       = "elbow-system"
      "aws:RequestTag/kubernetes-service-account" = "elbow"
    }
    error_message = "other clusters, namespaces and service accounts are refused"
  }
  assert {
    condition = (
      one(aws_eks_pod_identity_association.this).cluster_name == "blue" &&
      one(aws_eks_pod_identity_association.this).namespace == "elbow-system" &&
      one(aws_eks_pod_identity_association.this).service_account == "elbow" &&
      one(aws_eks_pod_identity_association.this).role_arn == aws_iam_role.this.arn
    )
    error_message = "the role is associated with the chart's service account"
  }
}

run "irsa_trusts_one_service_account_of_the_issuer" {
  command = plan

  variables {
    identity          = "irsa"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    namespace         = "networking"
    service_account   = "balancer"
  }

  assert {
    condition = one(jsondecode(output.trust_policy_json).Statement).Principal == {
      Federated = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    }
    error_message = "the principal is the cluster's OIDC provider"
  }
  assert {
    condition     = one(jsondecode(output.trust_policy_json).Statement).Action == ["sts:AssumeRoleWithWebIdentity"]
    error_message = "IRSA exchanges a web identity token"
  }
  assert {
    condition = one(jsondecode(output.trust_policy_json).Statement).Condition.StringEquals == {
      "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud" = "sts.amazonaws.com"
      "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub" = "system:serviceaccount:networking:balancer"
    }
    error_message = "other service accounts are refused"
  }
  assert {
    condition     = length(aws_eks_pod_identity_association.this) == 0
    error_message = "IRSA needs no association"
  }
}

run "the_association_can_be_left_to_others" {
  command = plan

  variables {
    create_pod_identity_association = false
  }

  assert {
    condition     = length(aws_eks_pod_identity_association.this) == 0
    error_message = "no association"
  }
}

run "a_long_cluster_name_gives_a_role_name_that_iam_accepts" {
  command = plan

  variables {
    cluster_name = "a123456789b123456789c123456789d123456789e123456789f123456789g123456789"
  }

  assert {
    condition     = length(aws_iam_role.this.name) == 64
    error_message = "IAM allows 64 characters"
  }
}

run "irsa_without_a_provider_is_refused" {
  command = plan

  variables {
    identity = "irsa"
  }

  expect_failures = [var.oidc_provider_arn]
}

run "a_provider_without_irsa_is_refused" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
  }

  expect_failures = [var.oidc_provider_arn]
}

run "a_cluster_name_with_a_wildcard_is_refused" {
  command = plan

  variables {
    cluster_name = "blue*"
  }

  expect_failures = [var.cluster_name]
}
