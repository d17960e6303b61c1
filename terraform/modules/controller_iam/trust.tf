# Who may take the role: one service account of one cluster.

locals {
  pod_identity_trust = {
    Sid       = "PodIdentity"
    Effect    = "Allow"
    Principal = { Service = "pods.eks.amazonaws.com" }
    # EKS Pod Identity tags each session with cluster, namespace and service account; without TagSession it gets none.
    Action = ["sts:AssumeRole", "sts:TagSession"]
    Condition = {
      StringEquals = {
        "aws:RequestTag/eks-cluster-name"           = var.cluster_name
        "aws:RequestTag/kubernetes-namespace"       = var.namespace
        "aws:RequestTag/kubernetes-service-account" = var.service_account
      }
    }
  }

  # Condition keys of an OIDC provider begin with its issuer, which is the end of its ARN.
  oidc_issuer = try(regex(":oidc-provider/(.+)$", var.oidc_provider_arn)[0], "")

  irsa_trust = {
    Sid       = "IamRolesForServiceAccounts"
    Effect    = "Allow"
    Principal = { Federated = coalesce(var.oidc_provider_arn, "none") }
    Action    = ["sts:AssumeRoleWithWebIdentity"]
    Condition = {
      StringEquals = {
        "${local.oidc_issuer}:aud" = "sts.amazonaws.com"
        "${local.oidc_issuer}:sub" = "system:serviceaccount:${var.namespace}:${var.service_account}"
      }
    }
  }

  trust_policies = {
    pod_identity = jsonencode({ Version = "2012-10-17", Statement = [local.pod_identity_trust] })
    irsa         = jsonencode({ Version = "2012-10-17", Statement = [local.irsa_trust] })
  }
  trust_policy = local.trust_policies[var.identity]
}
