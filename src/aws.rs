//! The AWS plug-in: load balancers of Elastic Load Balancing v2 for Services. The only place that names the AWS SDK.
//!
//! `desired` turns a Service and the cluster's facts into a [`stack::Stack`]; `plan` compares it with
//! [`observed::Observed`]; `apply` runs the plan through [`api::AwsApi`].

pub mod api;
mod apply;
pub mod audit;
mod backend;
mod cluster;
pub mod desired;
pub mod error;
pub mod ids;
pub(crate) mod inventory;
pub mod observed;
mod ownership;
pub mod pace;
pub mod plan;
pub mod preview;
pub mod provider;
pub mod quotas;
mod receipt;
pub mod sdk;
pub mod settings;
pub mod stack;
