//! PURE. In what AWS differs from what elbow left there.

use std::collections::BTreeSet;

use crate::aws::desired::attributes::{listener_default, load_balancer_default, target_group_default};
use crate::aws::observed::{
    Observed, ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup,
};
use crate::aws::stack::{Attributes, LoadBalancer, Tags};

/// One difference. Both words come from a small fixed set, so they can label a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Drift {
    /// What kind of resource: `load-balancer`, `listener`, `target-group`, `security-group` or `node-security-group`.
    pub resource: &'static str,
    /// Which part of it, such as `tags`; `missing` or `unexpected` for the resource as a whole.
    pub field: &'static str,
}

/// Collects the differences of one kind of resource.
struct Comparison<'a> {
    resource: &'static str,
    found: &'a mut Vec<Drift>,
}

impl Drift {
    /// What differs between what was known and what is there now.
    #[must_use]
    pub fn between(known: &Observed, now: &Observed) -> Vec<Self> {
        let mut found = Vec::new();
        load_balancers(known, now, &mut found);
        target_groups(known, now, &mut found);
        security_groups(known, now, &mut found);
        found
    }
}

impl Comparison<'_> {
    fn differs(&mut self, field: &'static str, differs: bool) {
        if differs {
            let resource = self.resource;
            self.found.push(Drift { resource, field });
        }
    }

    /// Counts what is only on one side, and returns the pairs of what is on both.
    fn pairs<'a, T, K: Ord>(&mut self, known: &'a [T], now: &'a [T], key: impl Fn(&T) -> &K) -> Vec<(&'a T, &'a T)> {
        for one in known {
            self.differs("missing", !now.iter().any(|other| key(other) == key(one)));
        }
        for one in now {
            self.differs("unexpected", !known.iter().any(|other| key(other) == key(one)));
        }
        let both = known
            .iter()
            .filter_map(|one| Some((one, now.iter().find(|other| key(other) == key(one))?)));
        both.collect()
    }
}

fn load_balancers(known: &Observed, now: &Observed, found: &mut Vec<Drift>) {
    let mut compare = Comparison {
        resource: "load-balancer",
        found,
    };
    let pairs = compare.pairs(
        &known.load_balancers,
        &now.load_balancers,
        |l: &ObservedLoadBalancer| &l.arn,
    );
    for (known, now) in &pairs {
        load_balancer(&mut compare, &known.spec, &now.spec);
    }
    for (known, now) in pairs {
        listeners(&known.listeners, &now.listeners, found);
    }
}

fn load_balancer(compare: &mut Comparison<'_>, known: &LoadBalancer, now: &LoadBalancer) {
    compare.differs("subnets", !now.is_in(&known.subnets));
    compare.differs("address-type", known.address_type != now.address_type);
    compare.differs("ipv6-source-nat", known.ipv6_source_nat != now.ipv6_source_nat);
    compare.differs("security-groups", known.security_groups != now.security_groups);
    compare.differs("private-link-rules", known.private_link_rules != now.private_link_rules);
    let default = |key: &str| load_balancer_default(known.kind, key);
    let attributes = attributes_differ(&known.attributes, &now.attributes, default);
    compare.differs("attributes", attributes);
    compare.differs("capacity", known.capacity_units != now.capacity_units);
    compare.differs("web-acl", known.web_acl != now.web_acl);
    compare.differs("tags", tags_differ(&known.tags, &now.tags));
}

fn listeners(known: &[ObservedListener], now: &[ObservedListener], found: &mut Vec<Drift>) {
    let mut compare = Comparison {
        resource: "listener",
        found,
    };
    for (known, now) in compare.pairs(known, now, |l: &ObservedListener| &l.arn) {
        let (Some(known), Some(now)) = (&known.spec, &now.spec) else {
            compare.differs("kind", known.spec.is_some() != now.spec.is_some());
            continue;
        };
        compare.differs("port", known.port != now.port);
        compare.differs("protocol", known.protocol != now.protocol);
        compare.differs("action", known.action != now.action);
        let set = |certificates: &[_]| certificates.iter().cloned().collect::<BTreeSet<_>>();
        compare.differs("certificates", set(&known.certificates) != set(&now.certificates));
        compare.differs(
            "ssl-policy",
            known.ssl_policy.is_some() && known.ssl_policy != now.ssl_policy,
        );
        compare.differs("alpn", known.alpn != now.alpn);
        let default = |key: &str| listener_default(known.protocol, key);
        let attributes = attributes_differ(&known.attributes, &now.attributes, default);
        compare.differs("attributes", attributes);
        compare.differs("tags", tags_differ(&known.tags, &now.tags));
    }
}

fn target_groups(known: &Observed, now: &Observed, found: &mut Vec<Drift>) {
    let mut compare = Comparison {
        resource: "target-group",
        found,
    };
    for (known, now) in compare.pairs(&known.target_groups, &now.target_groups, |t: &ObservedTargetGroup| {
        &t.arn
    }) {
        compare.differs("health-check", known.spec.health_check != now.spec.health_check);
        compare.differs(
            "attributes",
            attributes_differ(&known.spec.attributes, &now.spec.attributes, |key| {
                target_group_default(known.spec.protocol, key)
            }),
        );
        compare.differs("targets", known.spec.targets != now.spec.targets);
        compare.differs("tags", tags_differ(&known.spec.tags, &now.spec.tags));
    }
}

fn security_groups(known: &Observed, now: &Observed, found: &mut Vec<Drift>) {
    let mut compare = Comparison {
        resource: "security-group",
        found,
    };
    let pairs = compare.pairs(
        &known.security_groups,
        &now.security_groups,
        |g: &ObservedSecurityGroup| &g.id,
    );
    for (known, now) in pairs {
        compare.differs("rules", known.spec.rules != now.spec.rules);
        compare.differs("tags", tags_differ(&known.spec.tags, &now.spec.tags));
    }
}

/// An attribute that was not known had AWS' default; one whose default is not known is not compared.
fn attributes_differ(known: &Attributes, now: &Attributes, default: impl Fn(&str) -> Option<&'static str>) -> bool {
    now.iter().any(|(key, now)| {
        let known = known.get(key).map(String::as_str).or_else(|| default(key));
        known.is_some_and(|known| known != now)
    })
}

/// AWS' own tags come and go.
fn tags_differ(known: &Tags, now: &Tags) -> bool {
    let ours = |tags: &Tags| -> Tags {
        let ours = tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
        ours.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    ours(known) != ours(now)
}
