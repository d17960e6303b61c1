//! The names of load balancers, as a hosts file that the sandbox's name server answers from.

use std::fmt::Write as _;

use super::{Picture, routing};

/// One line for each address that a name stands for now.
#[must_use]
pub fn file(picture: &Picture) -> String {
    let mut text = String::new();
    for balancer in &picture.model.load_balancers {
        for zone in routing::named_zones(picture, balancer) {
            if let Some(address) = picture.addresses.of(balancer, zone) {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{} {}", address.named(), balancer.hostname.to_lowercase());
            }
        }
    }
    text
}
