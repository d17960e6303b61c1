//! Tags: those by which elbow finds its own again, and the user's beside them.

use std::collections::BTreeSet;

use crate::aws::quotas::TAGS_OF_RESOURCE;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::Tags;
use crate::service::{Owner, Port};

use super::annotations::keys;
use super::invalid::Faults;

/// Key of the tag that names the cluster.
pub const CLUSTER: &str = "elbow.dev/cluster";
/// Key of the tag that names the Service as `namespace/name`.
pub const SERVICE: &str = "elbow.dev/service";
/// Key of the tag that holds the Service's UID.
pub const UID: &str = "elbow.dev/uid";
/// Key of the tag that says which part of the stack a resource is; see [`Resource`].
pub const RESOURCE: &str = "elbow.dev/resource";
/// Key of the tag that remembers optional features of a resource; see [`Extra`].
pub const EXTRAS: &str = "elbow.dev/extras";
/// Key prefix of the tag that the ecosystem uses for what belongs to a cluster; the cluster's name follows.
pub const KUBERNETES_CLUSTER: &str = "kubernetes.io/cluster/";

/// Description of each rule that elbow adds to a security group.
pub const RULE_DESCRIPTION: &str = "elbow";

/// Prefixes of keys that users may not set: they decide what is whose.
const RESERVED: [&str; 2] = ["elbow.dev/", KUBERNETES_CLUSTER];

/// Most tags on one resource.
const MAX_TAGS: usize = TAGS_OF_RESOURCE.default;
/// Longest key, in characters.
const MAX_KEY: usize = 128;
/// Longest value, in characters.
const MAX_VALUE: usize = 256;
/// How many tags [`of_service`] gives besides the user's.
const OWN_TAGS: usize = 6;

/// Which part of a stack a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The load balancer.
    LoadBalancer,
    /// The group that admits its clients.
    FrontendGroup,
    /// The listener on this port.
    Listener(Port),
    /// The target group behind the listener on this port.
    TargetGroup(Port),
    /// The group that all load balancers of the cluster carry.
    BackendGroup,
}

impl Resource {
    /// Value of the tag [`RESOURCE`].
    #[must_use]
    pub fn value(self) -> String {
        match self {
            Self::LoadBalancer => "load-balancer".into(),
            Self::FrontendGroup => "frontend-security-group".into(),
            Self::Listener(port) => format!("listener-{port}"),
            Self::TargetGroup(port) => format!("target-group-{port}"),
            Self::BackendGroup => "backend-security-group".into(),
        }
    }
}

/// A feature that a resource has only where the user asks for it. The tag [`EXTRAS`] holds the word of each, so that
/// whoever uses none costs no call to look, and one that is not asked for any more is found and taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extra {
    /// Of a listener: attributes.
    Attributes,
    /// Of a load balancer: reserved capacity.
    Capacity,
    /// Of a load balancer: deletion protection.
    DeletionProtection,
    /// Of a load balancer: a web ACL.
    WebAcl,
}

impl Extra {
    /// Its word in the tag.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Capacity => "capacity",
            Self::DeletionProtection => "deletion-protection",
            Self::WebAcl => "web-acl",
        }
    }

    /// Do the tags of a resource remember it?
    #[must_use]
    pub fn is_in(self, tags: &Tags) -> bool {
        let words = tags.get(EXTRAS).map(|value| value.split(' '));
        words.into_iter().flatten().any(|word| word == self.word())
    }
}

/// Adds the tag that remembers these features: their words, sorted, with one space between; no tag for none.
pub(super) fn remember(tags: &mut Tags, extras: &BTreeSet<Extra>) {
    if !extras.is_empty() {
        // Variants are in the order of their words.
        let words: Vec<_> = extras.iter().map(|extra| extra.word()).collect();
        tags.insert(EXTRAS.into(), words.join(" "));
    }
}

/// All tags of a resource of one Service. The tags of ownership win over the user's.
#[must_use]
pub fn of_service(cluster: &str, owner: &Owner, resource: Resource, user: &Tags) -> Tags {
    let mut tags = user.clone();
    tags.extend(of_cluster(cluster, resource));
    tags.insert(SERVICE.into(), owner.namespaced_name());
    tags.insert(UID.into(), owner.uid.clone());
    tags
}

/// All tags of a resource that Services of a cluster share.
#[must_use]
pub fn of_cluster(cluster: &str, resource: Resource) -> Tags {
    Tags::from([
        (CLUSTER.into(), cluster.to_owned()),
        (RESOURCE.into(), resource.value()),
        (format!("{KUBERNETES_CLUSTER}{cluster}"), "owned".into()),
    ])
}

/// The user's tags: the operator's defaults, and over them those of the annotation.
pub(super) fn of_user(annotation: &Tags, settings: &AwsSettings, faults: &mut Faults) -> Tags {
    for (key, value) in annotation {
        let pair = format!("{key}={value}");
        if let Some(fault) = fault(key, value) {
            faults.add_value(&keys::RESOURCE_TAGS, &pair, fault);
        } else if settings.external_managed_tags.contains(key) {
            faults.add_value(
                &keys::RESOURCE_TAGS,
                &pair,
                "has a key of --external-managed-tags, which others keep",
            );
        }
    }
    let mut tags = settings.default_tags.clone();
    tags.extend(annotation.clone());
    if tags.len() + OWN_TAGS > MAX_TAGS {
        let text = format!("with --default-tags {} tags are asked for", tags.len());
        faults.add(
            "InvalidAnnotation",
            format!(
                "annotation {}: {text}; allowed: {} beside elbow's own (quota {TAGS_OF_RESOURCE})",
                keys::RESOURCE_TAGS,
                MAX_TAGS - OWN_TAGS
            ),
        );
    }
    tags
}

/// Why AWS, or elbow, would refuse this tag from a user (EC2 and ELBv2 user guides, tag restrictions); none if it is sound.
#[must_use]
pub fn fault(key: &str, value: &str) -> Option<&'static str> {
    if key.is_empty() || key.chars().count() > MAX_KEY {
        Some("has a key that is not 1 to 128 characters long")
    } else if value.chars().count() > MAX_VALUE {
        Some("has a value of more than 256 characters")
    } else if !key.chars().chain(value.chars()).all(is_allowed) {
        Some("holds a character that is not allowed")
    } else if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        Some("has a key that AWS reserves")
    } else if RESERVED.iter().any(|reserved| key.starts_with(reserved)) {
        Some("has a key that says what belongs to whom, which elbow sets")
    } else {
        None
    }
}

fn is_allowed(character: char) -> bool {
    character.is_alphanumeric() || " +-=._:/@".contains(character)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::desired::fixtures::{Case, text_map};

    const KEY: &str = "aws-load-balancer-additional-resource-tags";

    #[test]
    fn every_resource_says_whose_it_is() {
        let stack = Case::new().stack();
        let mut all = vec![&stack.load_balancer.tags, &stack.frontend_group.as_ref().unwrap().tags];
        all.extend(stack.listeners.values().map(|listener| &listener.tags));
        all.extend(stack.target_groups.values().map(|group| &group.tags));
        for tags in &all {
            assert_eq!(tags[CLUSTER], "prod");
            assert_eq!(tags[SERVICE], "shop/web");
            assert_eq!(tags[UID], "5a0c");
            assert_eq!(tags["kubernetes.io/cluster/prod"], "owned");
        }
        let resources: Vec<_> = all.iter().map(|tags| tags[RESOURCE].as_str()).collect();
        assert_eq!(
            resources,
            [
                "load-balancer",
                "frontend-security-group",
                "listener-80",
                "target-group-80"
            ]
        );
    }

    #[test]
    fn tags_of_the_annotation_win_over_default_tags() {
        let mut case = Case::new().annotate(KEY, "team=shop,empty=");
        case.settings.default_tags = text_map(&[("team", "platform"), ("env", "live")]);
        let tags = case.stack().load_balancer.tags;
        assert_eq!(
            (tags["team"].as_str(), tags["env"].as_str(), tags["empty"].as_str()),
            ("shop", "live", "")
        );
    }

    #[rstest]
    #[case::reserved_by_aws("aws:x=1", "AWS reserves")]
    #[case::reserved_by_aws_in_capitals("AWS:x=1", "AWS reserves")]
    #[case::cluster("elbow.dev/cluster=other", "elbow sets")]
    #[case::any_of_ours("elbow.dev/x=1", "elbow sets")]
    #[case::kubernetes_cluster("kubernetes.io/cluster/other=owned", "elbow sets")]
    #[case::character("a!=1", "character")]
    #[case::control_character("a=\u{7}", "character")]
    #[case::kept_by_others("billing=1", "--external-managed-tags")]
    fn a_tag_that_is_not_the_users_to_set_is_refused(#[case] value: &str, #[case] why: &str) {
        let mut case = Case::new().annotate(KEY, value);
        case.settings.external_managed_tags = ["billing".to_owned()].into();
        let invalid = case.invalid();
        assert_eq!(invalid.reason, "InvalidAnnotation");
        assert!(
            invalid.message.contains(KEY) && invalid.message.contains(why),
            "{invalid}"
        );
    }

    #[rstest]
    #[case(128, 256, true)]
    #[case(129, 1, false)]
    #[case(1, 257, false)]
    fn keys_and_values_have_a_longest_length(#[case] key: usize, #[case] value: usize, #[case] sound: bool) {
        assert_eq!(fault(&"ä".repeat(key), &"ö".repeat(value)).is_none(), sound);
    }

    #[rstest]
    #[case(44, true)]
    #[case(45, false)]
    fn a_resource_carries_fifty_tags_at_most(#[case] count: usize, #[case] sound: bool) {
        let value = (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        let case = Case::new().annotate(KEY, &value);
        if sound {
            let case = case.annotate("aws-load-balancer-minimum-load-balancer-capacity", "CapacityUnits=9");
            assert_eq!(case.stack().load_balancer.tags.len(), 50);
        } else {
            assert!(case.invalid().message.contains("45 tags"));
        }
    }
}
