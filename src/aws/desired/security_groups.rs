//! Groups on the load balancer: elbow's own two, those that the user names, or none.

use std::collections::BTreeSet;

use crate::aws::ids::SecurityGroupId;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::GroupRef;
use crate::provider::Warning;

use super::Facts;
use super::annotations::keys::{self, Key};
use super::annotations::{self, Reference};
use super::health_check::without_effect;
use super::invalid::{Faults, Invalid, NO_SECURITY_GROUP, quoted};

/// Whose groups the load balancer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Groups {
    /// A frontend group of its own and the cluster's backend group.
    Elbow,
    /// The user's: who may connect is theirs to say.
    Named {
        groups: Vec<Reference>,
        /// Does it carry the cluster's backend group beside them?
        backend: bool,
    },
    /// Nobody's: the nodes' groups admit clients by their networks.
    Nobody,
}

impl Groups {
    pub(super) fn read(asked: &annotations::Groups, settings: &AwsSettings, faults: &mut Faults) -> Self {
        if asked.disabled {
            check_disabled(asked, faults);
            return Self::Nobody;
        }
        if asked.named.is_empty() {
            return Self::Elbow;
        }
        Self::Named {
            groups: asked.named.clone(),
            backend: asked.manage_backend_rules.unwrap_or(settings.manage_backend_rules),
        }
    }

    /// Does the load balancer carry the cluster's backend group, which the nodes admit?
    pub(super) fn has_backend(&self) -> bool {
        matches!(self, Self::Elbow | Self::Named { backend: true, .. })
    }

    /// Values of the tag `Name` that have to be looked up.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let Self::Named { groups, .. } = self else {
            return BTreeSet::new();
        };
        let name = |reference: &Reference| match reference {
            Reference::Name(name) => Some(name.clone()),
            Reference::Id(_) => None,
        };
        groups.iter().filter_map(name).collect()
    }

    /// The groups of the load balancer.
    ///
    /// # Errors
    /// [`Invalid`] if a name does not lead to exactly one group.
    pub(super) fn resolve(&self, facts: &Facts) -> Result<BTreeSet<GroupRef>, Invalid> {
        let backend = facts
            .backend_group
            .clone()
            .filter(|_| self.has_backend())
            .map(GroupRef::Id);
        let mut faults = Faults::default();
        let mut groups: BTreeSet<_> = match self {
            Self::Elbow => BTreeSet::from([GroupRef::Frontend]),
            Self::Named { groups, .. } => {
                let found = groups
                    .iter()
                    .filter_map(|reference| find(reference, facts, &mut faults));
                found.collect()
            }
            Self::Nobody => BTreeSet::new(),
        };
        faults.finish()?;
        groups.extend(backend);
        Ok(groups)
    }

    /// What the user asked of groups and does not get.
    pub(super) fn warnings(&self, asked: &annotations::Groups) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut ignored = |given: bool, key: &Key, why: &str| {
            if given {
                warnings.push(without_effect(key, why));
            }
        };
        let manage = asked.manage_backend_rules;
        let theirs = format!(
            "the groups of annotation {} decide who may connect",
            keys::SECURITY_GROUPS
        );
        let none = format!(
            "annotation {} asks for a load balancer without groups",
            keys::DISABLE_SECURITY_GROUPS
        );
        match self {
            Self::Elbow => ignored(
                manage == Some(false),
                &keys::MANAGE_BACKEND_RULES,
                "without groups of your own the load balancer always carries the cluster's backend group",
            ),
            Self::Named { .. } => {
                ignored(!asked.prefix_lists.is_empty(), &keys::PREFIX_LISTS, &theirs);
                ignored(asked.path_mtu, &keys::PATH_MTU, &theirs);
            }
            Self::Nobody => {
                ignored(manage.is_some(), &keys::MANAGE_BACKEND_RULES, &none);
                ignored(asked.private_link_rules.is_some(), &keys::PRIVATE_LINK_RULES, &none);
                ignored(asked.path_mtu, &keys::PATH_MTU, &none);
            }
        }
        warnings
    }
}

/// A prefix list says who may connect: to pass over it would admit more than was asked for.
fn check_disabled(asked: &annotations::Groups, faults: &mut Faults) {
    if !asked.named.is_empty() {
        let why = "a load balancer either has groups or has none; take one of them out";
        faults.add_conflict(&keys::SECURITY_GROUPS, &keys::DISABLE_SECURITY_GROUPS, why);
    }
    if !asked.prefix_lists.is_empty() {
        let why = "without a group there is none whose rules could name prefix lists; take one of them out";
        faults.add_conflict(&keys::PREFIX_LISTS, &keys::DISABLE_SECURITY_GROUPS, why);
    }
}

fn find(reference: &Reference, facts: &Facts, faults: &mut Faults) -> Option<GroupRef> {
    let name = match reference {
        Reference::Id(id) => return Some(GroupRef::Id(SecurityGroupId::new(id.clone()))),
        Reference::Name(name) => name,
    };
    let mut found = facts.named_groups.get(name).into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(only), None) => return Some(GroupRef::Id(only.clone())),
        (None, _) => refuse(name, "no security group of the VPC has this tag Name", faults),
        (Some(_), Some(_)) => refuse(
            name,
            "several security groups of the VPC have this tag Name; give the id",
            faults,
        ),
    }
    None
}

fn refuse(name: &str, why: &str, faults: &mut Faults) {
    faults.add(
        NO_SECURITY_GROUP,
        format!("annotation {}: {}: {why}", keys::SECURITY_GROUPS, quoted(name)),
    );
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::desired::fixtures::Case;

    const KEY: &str = "aws-load-balancer-security-groups";

    fn named(case: Case, name: &str, ids: &[&str]) -> Case {
        let mut case = case;
        case.facts
            .named_groups
            .insert(name.into(), ids.iter().map(|id| SecurityGroupId::new(*id)).collect());
        case
    }

    #[test]
    fn by_default_there_are_the_frontend_and_the_backend_group() {
        let desired = Case::new().desired();
        let backend = GroupRef::Id(SecurityGroupId::new("sg-bac"));
        assert_eq!(
            desired.stack.load_balancer.security_groups,
            BTreeSet::from([GroupRef::Frontend, backend])
        );
        assert!(desired.backend_group);
    }

    #[test]
    fn as_long_as_there_is_no_backend_group_the_stack_stands_without_it() {
        let mut case = Case::new();
        case.facts.backend_group = None;
        let desired = case.desired();
        assert_eq!(
            desired.stack.load_balancer.security_groups,
            BTreeSet::from([GroupRef::Frontend])
        );
        assert!(desired.backend_group);
    }

    #[test]
    fn groups_of_the_user_replace_both() {
        let case = named(Case::new().annotate(KEY, "sg-0a1b, edge"), "edge", &["sg-ed6e"]);
        let desired = case.desired();
        let groups = ["sg-0a1b", "sg-ed6e"].map(|id| GroupRef::Id(SecurityGroupId::new(id)));
        assert_eq!(desired.stack.load_balancer.security_groups, BTreeSet::from(groups));
        assert_eq!(desired.stack.frontend_group, None);
        assert!(!desired.backend_group);
        assert!(desired.health_ports.is_empty());
    }

    #[test]
    fn only_names_have_to_be_looked_up() {
        let requirements = Case::new().annotate(KEY, "sg-0a1b,edge,sg-office").requirements();
        assert_eq!(
            requirements.group_names,
            BTreeSet::from(["edge".to_owned(), "sg-office".to_owned()])
        );
    }

    #[rstest]
    #[case(&[], "no security group")]
    #[case(&["sg-1", "sg-2"], "several")]
    fn a_name_that_does_not_lead_to_one_group_is_refused(#[case] ids: &[&str], #[case] why: &str) {
        let invalid = named(Case::new().annotate(KEY, "edge"), "edge", ids).invalid();
        assert_eq!(invalid.reason, "SecurityGroupNotFound");
        assert!(
            invalid.message.contains("`edge`") && invalid.message.contains(why),
            "{invalid}"
        );
    }

    #[rstest]
    #[case::field(|case: &mut Case| case.service.source_ranges = vec!["192.0.2.0/24".into()])]
    #[case::annotation(|case: &mut Case| *case = case.clone().annotate("load-balancer-source-ranges", "192.0.2.0/24"))]
    fn source_ranges_beside_groups_of_the_user_are_told_to_have_no_effect(#[case] add: fn(&mut Case)) {
        let mut case = Case::new().annotate(KEY, "sg-0a1b");
        add(&mut case);
        assert_eq!(case.warning_reasons(), ["SourceRangesIgnored"]);
    }

    #[rstest]
    #[case(None, false, false)]
    #[case(None, true, true)]
    #[case(Some("true"), false, true)]
    #[case(Some("false"), true, false)]
    fn the_backend_group_stands_beside_groups_of_the_user_where_its_rules_are_managed(
        #[case] annotation: Option<&str>,
        #[case] setting: bool,
        #[case] managed: bool,
    ) {
        let mut case = Case::new().annotate(KEY, "sg-0a1b");
        case.settings.manage_backend_rules = setting;
        if let Some(value) = annotation {
            case = case.annotate("aws-load-balancer-manage-backend-security-group-rules", value);
        }
        let desired = case.desired();
        let backend = GroupRef::Id(SecurityGroupId::new("sg-bac"));
        assert_eq!(desired.backend_group, managed);
        assert_eq!(desired.stack.load_balancer.security_groups.contains(&backend), managed);
        assert_eq!(desired.stack.frontend_group, None);
        assert!(case.warning_reasons().is_empty());
    }

    #[test]
    fn the_backend_group_is_always_there_beside_elbows_own() {
        let key = "aws-load-balancer-manage-backend-security-group-rules";
        let case = Case::new().annotate(key, "false");
        assert!(case.desired().backend_group);
        assert_eq!(case.warning_reasons(), ["AnnotationIgnored"]);
        assert!(Case::new().annotate(key, "true").warning_reasons().is_empty());
    }

    #[rstest]
    #[case("aws-load-balancer-security-group-prefix-lists", "pl-0a")]
    #[case("aws-load-balancer-enable-icmp-for-path-mtu-discovery", "on")]
    fn what_shapes_elbows_own_group_is_told_to_have_no_effect_beside_groups_of_the_user(
        #[case] key: &str,
        #[case] value: &str,
    ) {
        let case = Case::new().annotate(KEY, "sg-0a1b").annotate(key, value);
        assert_eq!(case.warning_reasons(), ["AnnotationIgnored"]);
    }

    #[rstest]
    #[case(None, true)]
    #[case(Some("on"), true)]
    #[case(Some("off"), false)]
    fn rules_hold_for_private_link_unless_they_are_switched_off(#[case] value: Option<&str>, #[case] expected: bool) {
        let key = "aws-load-balancer-inbound-sg-rules-on-private-link-traffic";
        let case = value.map_or_else(Case::new, |value| Case::new().annotate(key, value));
        assert_eq!(case.stack().load_balancer.private_link_rules, expected);
    }
}
