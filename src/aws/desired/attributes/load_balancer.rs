//! Attributes of load balancers.

use std::collections::BTreeSet;

use crate::aws::stack::{Attributes, LoadBalancerKind, Tags};

use super::super::annotations::{Features, keys};
use super::super::invalid::Faults;
use super::super::tags::Extra;
use super::table::{APPLICATION_LOAD_BALANCER, NETWORK_LOAD_BALANCER, Row};
use super::{checked, defaults};

/// Whether AWS refuses to delete the load balancer.
pub(in crate::aws) const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// Logs in S3: the attribute that switches them on, and those without effect before.
static LOGS: [(&str, &str, &str); 3] = [
    (
        "access_logs.s3.enabled",
        "access_logs.s3.bucket",
        "access_logs.s3.prefix",
    ),
    (
        "connection_logs.s3.enabled",
        "connection_logs.s3.bucket",
        "connection_logs.s3.prefix",
    ),
    (
        "health_check_logs.s3.enabled",
        "health_check_logs.s3.bucket",
        "health_check_logs.s3.prefix",
    ),
];

/// AWS' default of an attribute of a load balancer; none if it is not known or depends on more than its kind.
#[must_use]
pub fn load_balancer_default(kind: LoadBalancerKind, key: &str) -> Option<&'static str> {
    table(kind).iter().find(|row| row.key == key)?.default
}

/// All attributes of the load balancer but deletion protection, which is among them only where the user asks for it: a
/// person may have switched it on by hand. See [`unprotected`].
pub(in crate::aws::desired) fn of_load_balancer(
    kind: LoadBalancerKind,
    features: &Features,
    faults: &mut Faults,
) -> Attributes {
    let asked = asked(kind, features, faults);
    let mut attributes = defaults(table(kind), |row| row.default);
    attributes.remove(DELETION_PROTECTION);
    for (enabled, bucket, prefix) in LOGS {
        let logs = asked.get(enabled).is_some_and(|enabled| enabled == "true");
        if logs && asked.get(bucket).is_none_or(String::is_empty) {
            let pair = format!("{enabled}=true");
            faults.add_value(&keys::ATTRIBUTES, &pair, &format!("needs {bucket} beside it"));
        }
        if !logs {
            // Without logs neither has an effect, and AWS takes no empty bucket.
            attributes.remove(prefix);
        }
    }
    attributes.extend(asked);
    attributes
}

/// Switches deletion protection off where elbow switched it on, which the tag remembers, and the user does not ask for it
/// any more.
pub(in crate::aws::desired) fn unprotected(attributes: &mut Attributes, present: &Tags) {
    if Extra::DeletionProtection.is_in(present) {
        attributes
            .entry(DELETION_PROTECTION.into())
            .or_insert_with(|| "false".into());
    }
}

/// What the annotations ask for; older keys win.
fn asked(kind: LoadBalancerKind, features: &Features, faults: &mut Faults) -> Attributes {
    let mut asked = checked(&features.attributes, table(kind), |pair, why| {
        faults.add_value(&keys::ATTRIBUTES, pair, why);
    });
    for (key, attribute, value) in &features.older_attributes {
        let one = Attributes::from([((*attribute).to_owned(), value.clone())]);
        asked.extend(checked(&one, table(kind), |_, why| faults.add_value(key, value, why)));
    }
    asked
}

fn table(kind: LoadBalancerKind) -> &'static [Row] {
    match kind {
        LoadBalancerKind::Network => NETWORK_LOAD_BALANCER,
        LoadBalancerKind::Application => APPLICATION_LOAD_BALANCER,
    }
}

/// What the tag [`Extra`] says of a load balancer with these attributes, capacity and web ACL.
pub(in crate::aws::desired) fn extras(attributes: &Attributes, features: &Features) -> BTreeSet<Extra> {
    let protected = attributes
        .get(DELETION_PROTECTION)
        .is_some_and(|enabled| enabled == "true");
    let words = [
        (features.capacity_units > 0, Extra::Capacity),
        (protected, Extra::DeletionProtection),
        (features.web_acl.is_some(), Extra::WebAcl),
    ];
    words
        .into_iter()
        .filter_map(|(asked, extra)| asked.then_some(extra))
        .collect()
}
