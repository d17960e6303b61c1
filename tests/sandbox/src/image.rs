//! Container images, made without a container engine: files become an [`Archive`] that a node's containerd imports.
//!
//! No registry holds them, so Pods name them with `imagePullPolicy: Never` or `IfNotPresent`.

pub mod archive;
pub(crate) mod libraries;
pub mod nginx;
pub mod program;
pub mod stock;
pub mod tree;

pub use archive::{Archive, Image, Name};
pub use tree::Tree;

/// The user and group of all images: the one that the chart's Pods run as.
pub const USER: u32 = 65532;
