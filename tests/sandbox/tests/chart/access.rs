//! Who the Pods are, and what they may do in the cluster.

use serde_json::{Value, json};

use crate::helm::{CLUSTER, file, of_kind, render, the};

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn the_cluster_role_allows_what_elbow_does_and_nothing_else() {
    let objects = render(&CLUSTER);
    let expected = json!([
        {"apiGroups": [""], "resources": ["services"], "verbs": ["list", "watch", "patch"]},
        {"apiGroups": [""], "resources": ["services/status"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
    ]);
    assert_eq!(the(&objects, "ClusterRole")["rules"], expected);
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn the_role_allows_the_one_lease_of_the_release_namespace() {
    let objects = render(&CLUSTER);
    let role = the(&objects, "Role");
    assert_eq!(role["metadata"]["namespace"], "elbow-system");
    let group = json!(["coordination.k8s.io"]);
    let expected = json!([
        {"apiGroups": group, "resources": ["leases"], "verbs": ["create"]},
        {"apiGroups": group, "resources": ["leases"], "resourceNames": ["elbow-leader"], "verbs": ["get", "update"]},
    ]);
    assert_eq!(role["rules"], expected);
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn both_roles_are_bound_to_the_account_that_the_pods_run_as() {
    let made = render(&CLUSTER);
    let foreign = render(
        &[
            &CLUSTER[..],
            &["--set", "serviceAccount.create=false,serviceAccount.name=mine"],
        ]
        .concat(),
    );
    assert!(of_kind(&foreign, "ServiceAccount").is_empty());
    for (objects, account) in [(&made, "elbow"), (&foreign, "mine")] {
        let pod = &the(objects, "Deployment")["spec"]["template"]["spec"];
        assert_eq!(pod["serviceAccountName"], account);
        let subjects = json!([{"kind": "ServiceAccount", "name": account, "namespace": "elbow-system"}]);
        for (binding, role) in [("ClusterRoleBinding", "ClusterRole"), ("RoleBinding", "Role")] {
            let binding = the(objects, binding);
            assert_eq!(binding["subjects"], subjects);
            assert_eq!(binding["roleRef"]["kind"], role);
            let name = &the(objects, role)["metadata"]["name"];
            assert_eq!(binding["roleRef"]["name"], *name);
        }
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn roles_can_be_left_to_others() {
    let objects = render(&[&CLUSTER[..], &["--set", "rbac.create=false"]].concat());
    for kind in ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"] {
        assert!(of_kind(&objects, kind).is_empty(), "{kind}");
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn annotations_of_the_service_account_may_use_values() {
    let values = crate::helm::chart().join("ci/irsa-values.yaml");
    let objects = render(&["--values", values.to_str().unwrap()]);
    let annotations = &the(&objects, "ServiceAccount")["metadata"]["annotations"];
    let role = "arn:aws:iam::111122223333:role/elbow-blue";
    assert_eq!(annotations["eks.amazonaws.com/role-arn"], role);
}

#[test]
fn every_rule_is_preceded_by_its_reason() {
    let template = file("templates/rbac.yaml");
    let lines: Vec<&str> = template.lines().map(str::trim).collect();
    let rules = lines.windows(2).filter(|pair| pair[1].starts_with("- apiGroups:"));
    let unexplained: Vec<_> = rules.clone().filter(|pair| !pair[0].starts_with("# ")).collect();
    assert_eq!(rules.count(), 6);
    assert_eq!(unexplained, Vec::<&[&str]>::new());
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn everything_namespaced_is_in_the_release_namespace() {
    for object in render(&CLUSTER) {
        let cluster_wide = object["kind"].as_str().unwrap().starts_with("ClusterRole");
        let expected = if cluster_wide {
            Value::Null
        } else {
            json!("elbow-system")
        };
        assert_eq!(object["metadata"]["namespace"], expected, "{}", object["kind"]);
    }
}
