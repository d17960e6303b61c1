//! The Deployment and what stands around it.

use serde_json::{Value, json};

use crate::helm::{CLUSTER, chart, container, example_values, helm, notes, of_kind, refusal, render, the};

fn with<'a>(settings: &[&'a str]) -> Vec<&'a str> {
    [&CLUSTER[..], settings].concat()
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn lint_has_nothing_to_say() {
    let chart = chart();
    let chart = chart.to_str().unwrap();
    let mut sets = vec![vec!["--set".to_owned(), "clusterName=blue".to_owned()]];
    for file in example_values() {
        sets.push(vec!["--values".to_owned(), file.display().to_string()]);
    }
    for set in sets {
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        let output = helm(&[&["lint", "--strict", chart][..], &set].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{set:?}: {text}");
    }
}

/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>, control by control.
#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn pods_pass_the_restricted_pod_security_standard() {
    let objects = render(&CLUSTER);
    let pod = &the(&objects, "Deployment")["spec"]["template"]["spec"];
    for field in ["hostNetwork", "hostPID", "hostIPC", "volumes"] {
        assert_eq!(pod[field], Value::Null, "{field}");
    }
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_ne!(pod["securityContext"]["runAsUser"], 0);
    let seccomp = &pod["securityContext"]["seccompProfile"];
    assert_eq!(seccomp, &json!({"type": "RuntimeDefault"}));
    let expected = json!({
        "allowPrivilegeEscalation": false,
        "privileged": false,
        "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"]},
    });
    assert_eq!(container(&objects)["securityContext"], expected);
    for port in container(&objects)["ports"].as_array().unwrap() {
        assert_eq!(port["hostPort"], Value::Null);
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn probes_ask_the_health_port() {
    let objects = render(&with(&["--set", "healthProbe.port=7000"]));
    let container = container(&objects);
    let probe = |name: &str| container[name]["httpGet"].clone();
    assert_eq!(probe("livenessProbe"), json!({"path": "/healthz", "port": "health"}));
    assert_eq!(probe("readinessProbe"), json!({"path": "/readyz", "port": "health"}));
    let port = json!({"name": "health", "containerPort": 7000});
    assert!(container["ports"].as_array().unwrap().contains(&port));
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn pods_learn_their_own_address_name_and_namespace() {
    let objects = render(&CLUSTER);
    let fields: Vec<(&str, &str)> = container(&objects)["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| {
            let field = &variable["valueFrom"]["fieldRef"]["fieldPath"];
            (variable["name"].as_str().unwrap(), field.as_str().unwrap())
        })
        .collect();
    let expected = [
        ("POD_IP", "status.podIP"),
        ("ELBOW_POD_NAME", "metadata.name"),
        ("ELBOW_POD_NAMESPACE", "metadata.namespace"),
    ];
    assert_eq!(fields, expected);
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn the_aws_endpoint_and_extra_variables_reach_the_container() {
    let objects = render(&with(&[
        "--set",
        "aws.endpointUrl=http://localhost:4566",
        "--set",
        "extraEnv[0].name=AWS_ACCESS_KEY_ID,extraEnv[0].value=test",
        "--set",
        "extraEnvFrom[0].secretRef.name=credentials",
    ]));
    let container = container(&objects);
    let variables = container["env"].as_array().unwrap();
    assert!(variables.contains(&json!({"name": "AWS_ENDPOINT_URL", "value": "http://localhost:4566"})));
    assert!(variables.contains(&json!({"name": "AWS_ACCESS_KEY_ID", "value": "test"})));
    assert_eq!(container["envFrom"], json!([{"secretRef": {"name": "credentials"}}]));
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn the_image_is_the_digest_else_the_tag_else_the_version_of_the_chart() {
    let image = |settings: &[&str]| container(&render(&with(settings)))["image"].clone();
    let version = crate::helm::yaml("Chart.yaml")["appVersion"].clone();
    let version = version.as_str().unwrap();
    assert_eq!(image(&[]), format!("elbow:{version}"));
    assert_eq!(image(&["--set", "image.tag=v9"]), "elbow:v9");
    let digest = format!("sha256:{}", "0".repeat(64));
    let pinned = format!("image.tag=v9,image.digest={digest}");
    assert_eq!(image(&["--set", &pinned]), format!("elbow@{digest}"));
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn two_replicas_have_a_disruption_budget_and_one_has_none() {
    let budgets = |replicas: &str| {
        let objects = render(&with(&["--set", replicas]));
        of_kind(&objects, "PodDisruptionBudget").len()
    };
    assert_eq!(budgets("replicaCount=2"), 1);
    assert_eq!(budgets("replicaCount=1"), 0);
    assert_eq!(budgets("replicaCount=0"), 0);
    assert_eq!(budgets("podDisruptionBudget.enabled=false"), 0);
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn every_selector_finds_the_pods_whatever_labels_are_added() {
    let objects = render(&with(&["--set", "commonLabels.team=network,podLabels.cost=shared"]));
    let deployment = &the(&objects, "Deployment")["spec"];
    let budget = &the(&objects, "PodDisruptionBudget")["spec"];
    let service = &the(&objects, "Service")["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    assert_eq!(labels["team"], "network");
    assert_eq!(labels["cost"], "shared");
    let selector = json!({"app.kubernetes.io/name": "elbow", "app.kubernetes.io/instance": "elbow"});
    for found in [
        &deployment["selector"]["matchLabels"],
        &budget["selector"]["matchLabels"],
        &service["selector"],
    ] {
        assert_eq!(*found, selector);
    }
    for (name, value) in selector.as_object().unwrap() {
        assert_eq!(&labels[name], value);
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn the_metrics_service_leads_to_the_metrics_port_and_can_be_left_out() {
    let objects = render(&with(&["--set", "metrics.port=9999"]));
    let ports = &the(&objects, "Service")["spec"]["ports"];
    assert_eq!(
        *ports,
        json!([{"name": "metrics", "port": 9999, "targetPort": "metrics"}])
    );
    let port = json!({"name": "metrics", "containerPort": 9999});
    assert!(container(&objects)["ports"].as_array().unwrap().contains(&port));
    let without = render(&with(&["--set", "metrics.enabled=false"]));
    assert!(of_kind(&without, "Service").is_empty());
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn kubernetes_before_1_30_is_refused_and_provider_suffixes_pass() {
    let old = refusal(&with(&["--kube-version", "1.29.9"]));
    assert!(old.contains(">=1.30.0-0"), "{old}");
    render(&with(&["--kube-version", "1.30.0-eks-036c24b"]));
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn notes_say_what_to_do_next_and_warn_of_risky_values() {
    let plain = notes(&CLUSTER);
    for expected in [
        "spec.loadBalancerClass: elbow.dev/nlb (Network Load Balancer)",
        "spec.loadBalancerClass: elbow.dev/alb (Application Load Balancer)",
        "create-pod-identity-association --cluster-name blue",
        "--namespace elbow-system --service-account elbow --role-arn",
        "kubectl wait --for=condition=elbow.dev/Programmed",
    ] {
        assert!(plain.contains(expected), "{expected} in {plain}");
    }
    assert!(!plain.contains("WARNING"), "{plain}");
    for (setting, warning) in [
        ("claimUnclassed=true", "WARNING: claimUnclassed is on"),
        ("replicaCount=1", "WARNING: one replica"),
        ("replicaCount=0", "WARNING: no replica"),
        (
            "aws.endpointUrl=http://localhost:4566",
            "WARNING: AWS calls go to http://localhost:4566",
        ),
        ("rbac.create=false", "WARNING: rbac.create is off"),
        (
            "defaultLoadBalancerScheme=internet-facing",
            "WARNING: a Service that says nothing",
        ),
    ] {
        let notes = notes(&with(&["--set", setting]));
        assert!(notes.contains(warning), "{setting}: {notes}");
    }
}
