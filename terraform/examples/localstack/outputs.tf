output "region" {
  description = "AWS region of everything here."
  value       = var.region
}

output "cluster_name" {
  description = "Name of the cluster; clusterName in the chart."
  value       = aws_eks_cluster.this.name
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "node_security_group_id" {
  description = "Id of the security group that all nodes share."
  value       = aws_security_group.nodes.id
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, one a zone."
  value       = module.network.public_subnet_ids
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one a zone. The nodes are in these."
  value       = module.network.private_subnet_ids
}

output "controller_role_arn" {
  description = "ARN of the role that elbow's service account is associated with."
  value       = module.controller_iam.role_arn
}

output "instances" {
  description = "The instances that stand for the nodes: id, private_ip, private_dns and zone of each."
  value = [
    for instance in aws_instance.node : {
      id          = instance.id
      private_ip  = instance.private_ip
      private_dns = instance.private_dns
      zone        = instance.availability_zone
    }
  ]
}
