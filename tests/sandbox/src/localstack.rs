//! LocalStack, which stands for AWS: EC2, IAM and STS of its own, ELBv2 and EKS by the plug-in package beside it.

pub mod build;
pub mod start;
