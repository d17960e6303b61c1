//! The commands of `cargo sandbox`.

pub mod down;
pub mod status;
pub mod test;
pub mod up;
