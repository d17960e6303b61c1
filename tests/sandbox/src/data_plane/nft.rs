//! The nftables ruleset of a [`Picture`]: forwarding with the client's address kept, and security groups.
//!
//! One table, replaced as a whole in one transaction; connections outlive it, for what was chosen for them is in the
//! kernel's table of connections. The order of the hooks is the path of a packet: the load balancer's security groups, the
//! choice of a target, the sender's outgoing rules, the node's incoming rules, the translation of the client's address.

mod forwarding;
mod security;
mod slots;
mod table;

use super::Picture;
use table::Table;

/// The table's name; everything in tables of other names is somebody else's.
pub const TABLE: &str = "elbow-data-plane";

/// The ruleset as `nft -f` reads it, in place of what an earlier one made.
#[must_use]
pub fn ruleset(picture: &Picture) -> String {
    let mut table = Table::default();
    security::guard_balancers(picture, &mut table);
    forwarding::forward(picture, &mut table);
    security::guard_nodes(picture, &mut table);
    security::define_groups(picture, &mut table);
    format!("add table ip {TABLE}\ndelete table ip {TABLE}\n{}", table.text(TABLE))
}

#[cfg(test)]
mod tests;
