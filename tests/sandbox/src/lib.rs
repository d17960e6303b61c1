//! A test cluster for elbow on one machine: a real Kubernetes control plane, LocalStack as AWS, Terraform and Helm, all
//! without Docker.
//!
//! `up` runs [`prerequisites`], builds [`tools`] into the [`cache`], starts the [`control_plane`] beside [`localstack`] and
//! [`terraform`], then makes [`nodes`]. Each long-lived part is a detached [`process`] with a record and a log in the state
//! directory ([`layout`]); what runs is written down in [`state`], from which tests and other commands load it.

mod apt;
pub mod aws;
pub mod bench;
pub mod cache;
pub mod certificates;
pub mod checkout;
pub mod cli;
pub mod client;
pub mod commands;
pub mod conformance;
pub mod control_plane;
pub mod data_plane;
pub mod debian;
pub mod demo;
pub mod digest;
pub mod dns;
pub mod echo;
pub mod environment;
pub mod error;
pub mod files;
pub mod generated;
pub mod go;
pub mod http;
pub mod image;
pub mod install;
pub mod interrupt;
pub mod kubelet;
pub mod kubernetes;
pub mod layout;
pub mod localstack;
pub mod network;
pub mod nodes;
pub mod ports;
pub mod prerequisites;
pub mod process;
pub mod program;
pub mod progress;
pub mod proxy;
pub mod run;
pub mod state;
pub mod terraform;
pub mod tools;
pub mod wait;
pub mod workspace;

#[cfg(test)]
mod scratch;

pub use state::Sandbox;
