output "role_arn" {
  description = "ARN of the role. For \"irsa\" it goes into the chart: serviceAccount.annotations.\"eks.amazonaws.com/role-arn\"."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the role."
  value       = aws_iam_role.this.name
}

output "policy_json" {
  description = "Both halves of the policy as one JSON document, for accounts where roles are made in another way."
  value       = local.policy
}

output "trust_policy_json" {
  description = "The trust policy as JSON: who may take the role."
  value       = local.trust_policy
}
