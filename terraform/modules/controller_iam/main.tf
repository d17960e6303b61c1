data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  role_name = var.role_name != "" ? var.role_name : substr("elbow-${var.cluster_name}", 0, 64)
}

resource "aws_iam_role" "this" {
  name                 = local.role_name
  description          = "elbow, the load balancer controller of the cluster ${var.cluster_name}"
  assume_role_policy   = local.trust_policy
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${local.role_name}-${each.key}"
  description = "What elbow does in AWS for the cluster ${var.cluster_name}, and nothing else: one of two halves"
  policy      = each.value
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = aws_iam_policy.this

  role       = aws_iam_role.this.name
  policy_arn = each.value.arn
}

resource "aws_eks_pod_identity_association" "this" {
  count = var.identity == "pod_identity" && var.create_pod_identity_association ? 1 : 0

  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.this.arn
  tags            = var.tags
}
