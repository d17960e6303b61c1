//! Groups on the load balancer: elbow's own two, or those that the user names.

use std::collections::BTreeSet;

use crate::aws::ids::SecurityGroupId;
use crate::aws::stack::GroupRef;

use super::Facts;
use super::annotations::{Reference, keys};
use super::invalid::{Faults, Invalid, NO_SECURITY_GROUP, quoted};
use super::request::Request;

/// The groups of the load balancer. With groups of the user's the backend group is left out, as its rules on nodes are:
/// they are the user's task then.
///
/// # Errors
/// [`Invalid`] if a name does not lead to exactly one group.
pub(super) fn security_groups(request: &Request, facts: &Facts) -> Result<BTreeSet<GroupRef>, Invalid> {
    if request.has_elbow_groups() {
        let backend = facts.backend_group.clone().map(GroupRef::Id);
        return Ok(backend.into_iter().chain([GroupRef::Frontend]).collect());
    }
    let mut faults = Faults::default();
    let groups = request
        .groups
        .iter()
        .filter_map(|reference| find(reference, facts, &mut faults))
        .collect();
    faults.finish()?;
    Ok(groups)
}

/// Values of the tag `Name` that have to be looked up.
pub(super) fn names(references: &[Reference]) -> BTreeSet<String> {
    let name = |reference: &Reference| match reference {
        Reference::Name(name) => Some(name.clone()),
        Reference::Id(_) => None,
    };
    references.iter().filter_map(name).collect()
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
}
