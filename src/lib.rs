//! elbow: AWS load balancers for Kubernetes Services of `type: LoadBalancer`.
//!
//! Two halves and a seam. The Kubernetes half ([`controller`]) watches Services and nodes and writes status; it knows no
//! cloud. The AWS half ([`aws`]) decides what AWS should hold and makes it so; it knows no Kubernetes API. Between them
//! stands [`provider`]. Data flows one way: watch -> desired -> plan -> apply -> status. [`inspect`] looks at what stands,
//! and changes nothing.

pub mod aws;
pub mod cli;
pub mod controller;
pub mod fence;
pub mod inspect;
pub mod node;
pub mod provider;
pub mod service;
pub mod settings;
pub mod telemetry;
