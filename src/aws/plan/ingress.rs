//! Ingress rules: what to add and what to take away. Ports count, not how rules cut them into ranges: where 80 is open
//! and 80 to 81 is wanted, one rule for 81 is enough.

use std::collections::BTreeSet;

use crate::aws::stack::{IngressRule, RuleProtocol, RuleSource};

/// Rules to add first and rules to take away then.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct IngressChange {
    pub(super) authorize: BTreeSet<IngressRule>,
    pub(super) revoke: BTreeSet<IngressRule>,
}

/// A range of ports, both ends included.
type PortRange = (u16, u16);

/// Rules above which they are made exactly as wanted although that takes more calls, so that ranges cut in pieces do not
/// add up to AWS' quota of 60 rules a group; rules are added before others go.
const TIDY_ABOVE: usize = 40;

/// The change that opens exactly the wanted ports, with the fewest calls: one where ports are only added or only whole
/// rules go, two otherwise.
pub(super) fn change(wanted: &BTreeSet<IngressRule>, observed: &BTreeSet<IngressRule>) -> IngressChange {
    let (fitting, revoke): (BTreeSet<IngressRule>, BTreeSet<IngressRule>) =
        observed.iter().cloned().partition(|rule| is_wanted(rule, wanted));
    let authorize = missing(wanted, &fitting);
    let untidy = fitting.len().saturating_add(authorize.len()) > TIDY_ABOVE;
    // Where both calls are made anyway, they can as well leave the rules exactly as wanted.
    if untidy || (!authorize.is_empty() && !revoke.is_empty()) {
        return IngressChange {
            authorize: wanted.difference(observed).cloned().collect(),
            revoke: observed.difference(wanted).cloned().collect(),
        };
    }
    IngressChange { authorize, revoke }
}

/// Does the rule open wanted ports only?
fn is_wanted(rule: &IngressRule, wanted: &BTreeSet<IngressRule>) -> bool {
    if wanted.contains(rule) {
        return true;
    }
    let allowed = open_ports(wanted, &rule.protocol, &rule.source);
    has_ports(rule) && allowed.iter().any(|(from, to)| *from <= rule.from && rule.to <= *to)
}

/// The rules that open what `wanted` opens and `present` does not.
fn missing(wanted: &BTreeSet<IngressRule>, present: &BTreeSet<IngressRule>) -> BTreeSet<IngressRule> {
    let mut rules: BTreeSet<IngressRule> = BTreeSet::new();
    for rule in wanted.difference(present) {
        if !has_ports(rule) {
            rules.insert(rule.clone());
            continue;
        }
        let closed = subtract(
            &open_ports(wanted, &rule.protocol, &rule.source),
            &open_ports(present, &rule.protocol, &rule.source),
        );
        rules.extend(closed.into_iter().map(|(from, to)| IngressRule {
            from,
            to,
            ..rule.clone()
        }));
    }
    rules
}

/// TCP and UDP rules are ranges of ports; of any other protocol the two numbers mean something else.
fn has_ports(rule: &IngressRule) -> bool {
    rule.from <= rule.to && matches!(rule.protocol, RuleProtocol::Tcp | RuleProtocol::Udp)
}

/// The ports that the rules open for one protocol and source: ascending, apart from each other.
fn open_ports(rules: &BTreeSet<IngressRule>, protocol: &RuleProtocol, source: &RuleSource) -> Vec<PortRange> {
    let mut merged: Vec<PortRange> = Vec::new();
    // The set is ordered by protocol and first port, so ranges come in ascending order.
    for rule in rules
        .iter()
        .filter(|r| has_ports(r) && r.protocol == *protocol && r.source == *source)
    {
        match merged.last_mut() {
            Some(last) if rule.from <= last.1.saturating_add(1) => last.1 = last.1.max(rule.to),
            _ => merged.push((rule.from, rule.to)),
        }
    }
    merged
}

/// The ports of `ranges` that are not in `holes`; both as [`open_ports`] gives them.
fn subtract(ranges: &[PortRange], holes: &[PortRange]) -> Vec<PortRange> {
    let mut rest = ranges.to_vec();
    for (from, to) in holes {
        rest = rest
            .into_iter()
            .flat_map(|(first, last)| {
                let below = from.checked_sub(1).map(|end| (first, last.min(end)));
                let above = to.checked_add(1).map(|start| (first.max(start), last));
                [below, above]
                    .into_iter()
                    .flatten()
                    .filter(|(first, last)| first <= last)
            })
            .collect();
    }
    rest
}

#[cfg(test)]
mod tests;
