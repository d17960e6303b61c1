//! The commands of `cargo sandbox`.

pub mod client;
pub mod down;
pub mod node;
pub mod status;
pub mod test;
pub mod up;
