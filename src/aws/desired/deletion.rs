//! What the annotations of a Service that goes say of its load balancer.

use std::collections::BTreeMap;

use super::annotations::{self, keys};
use super::attributes::DELETION_PROTECTION;

/// May deletion protection be switched off to delete the load balancer? Only where the annotation of its attributes says
/// so in words: without a word it stays, because perhaps a person protected it.
#[must_use]
pub fn allows_deletion(annotations: &BTreeMap<String, String>) -> bool {
    let attributes = annotations::load_balancer_attributes(annotations);
    let enabled = attributes.get(DELETION_PROTECTION);
    enabled.is_some_and(|enabled| enabled.eq_ignore_ascii_case("false"))
}

/// May nodes have rules for a load balancer of the Service that has no security groups? In doubt they may.
#[must_use]
pub fn may_have_node_openings(annotations: &BTreeMap<String, String>) -> bool {
    annotations.contains_key(&keys::DISABLE_SECURITY_GROUPS.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("deletion_protection.enabled=false", true)]
    #[case(" a=b , deletion_protection.enabled = False", true)]
    #[case("deletion_protection.enabled=true", false)]
    #[case("deletion_protection.enabled", false)]
    #[case("access_logs.s3.enabled=false", false)]
    #[case("", false)]
    fn only_an_explicit_false_allows_it(#[case] value: &str, #[case] allowed: bool) {
        let annotations = BTreeMap::from([(keys::ATTRIBUTES.to_string(), value.to_owned())]);
        assert_eq!(allows_deletion(&annotations), allowed);
        assert!(!allows_deletion(&BTreeMap::new()));
    }
}
