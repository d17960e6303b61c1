//! Which changes are told, from the steps of the plan.

use super::*;
use crate::aws::desired::fixtures::{Case, tcp};
use crate::aws::preview::expected;
use crate::aws::preview::{KNOWN_AFTER_APPLY, Preview};

fn preview(case: &Case, observed: &Observed) -> Preview {
    Preview::new(
        &case.service,
        &case.nodes,
        case.facts.clone(),
        observed.clone(),
        &case.settings,
    )
    .unwrap()
}

/// What AWS holds once the case was served.
fn served(case: &Case) -> Observed {
    let preview = preview(case, &Observed::default());
    expected::after(&preview.observed, &preview.plan)
}

fn told(changes: &[Change]) -> Vec<(Action, Kind)> {
    changes.iter().map(|change| (change.action, change.kind)).collect()
}

#[test]
fn at_first_everything_is_made_with_its_fields() {
    let changes = preview(&Case::new(), &Observed::default()).changes();
    let kinds = [
        Kind::SecurityGroup,
        Kind::LoadBalancer,
        Kind::Listener,
        Kind::TargetGroup,
    ];
    assert_eq!(told(&changes), kinds.map(|kind| (Action::Create, kind)));
    assert!(
        changes
            .iter()
            .all(|change| change.id.is_none() && !change.fields.is_empty())
    );
    let field = |change: &Change, name: &str| {
        let mut fields = change.fields.iter();
        fields.find(|field| field.path == [name]).unwrap().new.clone()
    };
    assert_eq!(field(&changes[1], "scheme"), json!("internal"));
    assert_eq!(field(&changes[3], "targets").as_array().unwrap().len(), 2);
    assert!(
        field(&changes[1], "securityGroups")
            .to_string()
            .contains(KNOWN_AFTER_APPLY)
    );
}

#[test]
fn what_is_served_as_wanted_changes_in_nothing() {
    let case = Case::new();
    let again = preview(&case, &served(&case));
    assert!(again.plan.is_empty());
    assert_eq!(again.changes(), []);
}

#[test]
fn an_edit_tells_the_old_and_the_new_value_of_its_field_alone() {
    let observed = served(&Case::new());
    let edited = Case::new().annotate("aws-load-balancer-healthcheck-interval", "20");
    let changes = preview(&edited, &observed).changes();
    assert_eq!(told(&changes), [(Action::Update, Kind::TargetGroup)]);
    let told = serde_json::to_value(&changes[0].fields).unwrap();
    assert_eq!(
        told,
        json!([{"path": ["healthCheck", "interval"], "old": 10, "new": 20}])
    );
}

#[test]
fn a_port_that_goes_takes_its_listener_and_target_group_along() {
    let observed = served(&Case::new().ports([tcp(80, 30080), tcp(443, 30443)]));
    let changes = preview(&Case::new(), &observed).changes();
    let deleted = [(Action::Delete, Kind::Listener), (Action::Delete, Kind::TargetGroup)];
    assert!(
        deleted.iter().all(|change| told(&changes).contains(change)),
        "{changes:?}"
    );
}

#[test]
fn another_scheme_replaces_the_load_balancer_and_creates_first() {
    let observed = served(&Case::new());
    let public = Case::new().annotate("aws-load-balancer-scheme", "internet-facing");
    let changes = preview(&public, &observed).changes();
    let replaced = changes.iter().find(|change| change.kind == Kind::LoadBalancer).unwrap();
    assert_eq!(replaced.action, Action::Replace);
    let old = replaced.replaces.as_ref().unwrap();
    assert!(old.create_first && old.name == observed.load_balancers[0].spec.name.as_str());
}

#[test]
fn rules_of_nodes_are_told_by_group() {
    let group = SecurityGroupId::new("sg-1");
    let rule: IngressRule =
        serde_json::from_value(json!({"protocol": "tcp", "from": 1, "to": 2, "source": {"group": "sg-2"}})).unwrap();
    let after = BTreeMap::from([(group, BTreeSet::from([rule.clone()]))]);
    let changes = of_nodes(&BTreeMap::new(), &after);
    assert_eq!(told(&changes), [(Action::Update, Kind::NodeSecurityGroup)]);
    assert_eq!(changes[0].fields[0].new, json!([rule]));
    assert_eq!(of_nodes(&after, &after), []);
}
