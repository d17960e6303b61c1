//! Ingress rules: as few as say what is meant.

use std::collections::BTreeSet;

use crate::aws::stack::{IngressRule, RuleProtocol, RuleSource};

/// First and last port of a protocol.
pub(super) type PortRange = (RuleProtocol, u16, u16);

/// Ports that follow each other make one range.
pub(super) fn port_ranges(ports: BTreeSet<(RuleProtocol, u16)>) -> Vec<PortRange> {
    let mut ranges: Vec<PortRange> = Vec::new();
    for (protocol, port) in ports {
        match ranges.last_mut() {
            Some((last, _, to)) if *last == protocol && to.checked_add(1) == Some(port) => *to = port,
            _ => ranges.push((protocol, port, port)),
        }
    }
    ranges
}

/// A rule for each range and source.
pub(super) fn product(ranges: &[PortRange], sources: &[RuleSource]) -> BTreeSet<IngressRule> {
    let rule = |(protocol, from, to): &PortRange, source: &RuleSource| IngressRule {
        protocol: protocol.clone(),
        from: *from,
        to: *to,
        source: source.clone(),
    };
    let of_range = |range| sources.iter().map(move |source| rule(range, source));
    ranges.iter().flat_map(of_range).collect()
}
