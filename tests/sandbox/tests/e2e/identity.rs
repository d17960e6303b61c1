//! Whom an elbow acts as: the chart's role, whole or with one verb taken out. Never the administrator.

use std::path::PathBuf;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding};
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use kube::config::Kubeconfig;
use serde_json::json;

use crate::scenario::Scenario;

/// Where the sandbox installs the chart, and the name of the release, its ServiceAccount and its roles.
const RELEASE_NAMESPACE: &str = "elbow-system";
const RELEASE: &str = "elbow";

/// A kubeconfig for the chart's own ServiceAccount, which may hold its lease in the test's namespace too.
pub(crate) async fn chart(scenario: &Scenario) -> PathBuf {
    let path = scenario.scratch.join("chart.kubeconfig");
    if !path.exists() {
        let rules = lease_rules(scenario).await;
        bind_role(scenario, RELEASE, &rules, RELEASE_NAMESPACE, RELEASE).await;
        write_kubeconfig(scenario, &path, RELEASE_NAMESPACE, RELEASE).await;
    }
    path
}

/// Every permission of the chart: (rule of the role, verb).
pub(crate) async fn permissions(scenario: &Scenario) -> Vec<Permission> {
    let cluster = cluster_rules(scenario)
        .await
        .into_iter()
        .map(|rule| (Scope::Cluster, rule));
    let lease = lease_rules(scenario).await.into_iter().map(|rule| (Scope::Lease, rule));
    let single = |(scope, rule): (Scope, PolicyRule)| {
        let verbs = rule.verbs.clone();
        verbs.into_iter().map(move |verb| Permission {
            scope,
            rule: rule.clone(),
            verb,
        })
    };
    cluster.chain(lease).flat_map(single).collect()
}

/// One verb of one rule.
#[derive(Clone, Debug)]
pub(crate) struct Permission {
    scope: Scope,
    rule: PolicyRule,
    verb: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Cluster,
    Lease,
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}",
            self.verb,
            self.rule.resources.clone().unwrap_or_default().join(",")
        )
    }
}

/// A kubeconfig for an identity that has all of the chart's permissions but one. Its cluster-wide objects go by
/// [`forget`].
pub(crate) async fn without(scenario: &Scenario, missing: &Permission) -> PathBuf {
    let name = &scenario.cluster.namespace;
    let namespace = &scenario.cluster.namespace;
    let client = || scenario.cluster.client.clone();
    let params = PostParams::default();
    let account = ServiceAccount {
        metadata: named(name),
        ..ServiceAccount::default()
    };
    Api::namespaced(client(), namespace)
        .create(&params, &account)
        .await
        .unwrap();
    let rules = reduced(cluster_rules(scenario).await, Scope::Cluster, missing);
    let role = ClusterRole {
        metadata: named(name),
        rules: Some(rules),
        ..ClusterRole::default()
    };
    Api::all(client()).create(&params, &role).await.unwrap();
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name },
        "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": namespace }],
    }))
    .unwrap();
    Api::all(client()).create(&params, &binding).await.unwrap();
    let rules = reduced(lease_rules(scenario).await, Scope::Lease, missing);
    bind_role(scenario, name, &rules, namespace, name).await;
    let path = scenario.scratch.join("reduced.kubeconfig");
    write_kubeconfig(scenario, &path, namespace, name).await;
    path
}

/// Deletes what [`without`] made outside the test's namespace.
pub(crate) async fn forget(scenario: &Scenario) {
    let name = &scenario.cluster.namespace;
    let params = DeleteParams::default();
    Api::<ClusterRoleBinding>::all(scenario.cluster.client.clone())
        .delete(name, &params)
        .await
        .unwrap();
    Api::<ClusterRole>::all(scenario.cluster.client.clone())
        .delete(name, &params)
        .await
        .unwrap();
}

async fn cluster_rules(scenario: &Scenario) -> Vec<PolicyRule> {
    let roles = Api::<ClusterRole>::all(scenario.cluster.client.clone());
    roles
        .get(RELEASE)
        .await
        .expect("the chart's ClusterRole")
        .rules
        .unwrap_or_default()
}

async fn lease_rules(scenario: &Scenario) -> Vec<PolicyRule> {
    let roles = Api::<Role>::namespaced(scenario.cluster.client.clone(), RELEASE_NAMESPACE);
    roles
        .get("elbow-leader-election")
        .await
        .expect("the chart's Role")
        .rules
        .unwrap_or_default()
}

fn reduced(rules: Vec<PolicyRule>, scope: Scope, missing: &Permission) -> Vec<PolicyRule> {
    let mut rules = rules;
    for rule in rules
        .iter_mut()
        .filter(|rule| scope == missing.scope && **rule == missing.rule)
    {
        rule.verbs.retain(|verb| *verb != missing.verb);
    }
    rules.retain(|rule| !rule.verbs.is_empty());
    rules
}

async fn bind_role(scenario: &Scenario, name: &str, rules: &[PolicyRule], account_namespace: &str, account: &str) {
    let namespace = &scenario.cluster.namespace;
    let params = PostParams::default();
    let role = Role {
        metadata: named(name),
        rules: Some(rules.to_vec()),
    };
    Api::namespaced(scenario.cluster.client.clone(), namespace)
        .create(&params, &role)
        .await
        .unwrap();
    let binding: RoleBinding = serde_json::from_value(json!({
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name },
        "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": account_namespace }],
    }))
    .unwrap();
    Api::namespaced(scenario.cluster.client.clone(), namespace)
        .create(&params, &binding)
        .await
        .unwrap();
}

async fn write_kubeconfig(scenario: &Scenario, path: &std::path::Path, namespace: &str, account: &str) {
    let accounts = Api::<ServiceAccount>::namespaced(scenario.cluster.client.clone(), namespace);
    let request = TokenRequest {
        spec: TokenRequestSpec::default(),
        ..TokenRequest::default()
    };
    let token = accounts
        .create_token_request(account, &PostParams::default(), &request)
        .await
        .unwrap();
    let mut kubeconfig = Kubeconfig::read_from(&scenario.sandbox.kubeconfig).unwrap();
    let mut user = serde_json::to_value(&kubeconfig.auth_infos).unwrap();
    user[0]["user"] = json!({ "token": token.status.unwrap().token });
    kubeconfig.auth_infos = serde_json::from_value(user).unwrap();
    std::fs::write(path, serde_json::to_vec(&kubeconfig).unwrap()).unwrap();
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    }
}
