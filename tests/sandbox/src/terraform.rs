//! The AWS infrastructure of the sandbox, made by Terraform in LocalStack.

pub mod apply;
pub mod configuration;
pub mod infrastructure;
