//! The Terraform code in `terraform/`: its form, its own tests, and the IAM policy that it gives to elbow.
//!
//! `cargo sandbox test` runs these tests; it names terraform in `ELBOW_SANDBOX_TERRAFORM`, and in `ELBOW_SANDBOX_TF_CLI_CONFIG` a
//! configuration file for machines that have the provider in a mirror.

mod calls;
mod form;
mod iam;
mod policy;
mod workspace;
