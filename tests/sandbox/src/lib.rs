//! A test cluster for elbow on one machine.

pub mod proxy;
