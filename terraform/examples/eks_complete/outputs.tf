output "cluster_name" {
  description = "Name of the cluster; clusterName in the chart."
  value       = aws_eks_cluster.this.name
}

output "region" {
  description = "AWS region of the cluster."
  value       = var.region
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "controller_role_arn" {
  description = "ARN of the role that elbow's service account is associated with."
  value       = module.controller_iam.role_arn
}

output "kubeconfig_command" {
  description = "Points kubectl and helm at the cluster."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${aws_eks_cluster.this.name}"
}

output "helm_command" {
  description = "Installs elbow, from the root of this repository."
  value       = "helm install elbow charts/elbow --namespace ${var.namespace} --create-namespace --wait --set clusterName=${aws_eks_cluster.this.name} --set region=${var.region} --set vpcId=${module.network.vpc_id}"
}
