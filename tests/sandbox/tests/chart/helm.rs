//! Runs helm on the chart.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// What most tests render with: the one value that has no default.
pub(crate) const CLUSTER: [&str; 2] = ["--set", "clusterName=blue"];

/// The chart's folder.
pub(crate) fn chart() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/elbow"))
}

/// A file of the chart.
pub(crate) fn file(name: &str) -> String {
    std::fs::read_to_string(chart().join(name)).expect("the chart has this file")
}

/// A YAML file of the chart.
pub(crate) fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&file(name)).expect("the chart's files are YAML")
}

/// The example values in `ci/`.
pub(crate) fn example_values() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(chart().join("ci")).expect("the chart has example values");
    folder.map(|entry| entry.expect("a readable folder").path()).collect()
}

/// Runs helm with a home of its own, so that neither a user's settings nor a cluster play a part.
pub(crate) fn helm(arguments: &[&str]) -> Output {
    let program = std::env::var_os("ELBOW_SANDBOX_HELM")
        .expect("ELBOW_SANDBOX_HELM names the helm binary; cargo sandbox test sets it");
    let home = concat!(env!("CARGO_TARGET_TMPDIR"), "/helm");
    Command::new(program)
        .args(arguments)
        .env_remove("KUBECONFIG")
        .env("HELM_CACHE_HOME", home)
        .env("HELM_CONFIG_HOME", home)
        .env("HELM_DATA_HOME", home)
        .output()
        .expect("helm starts")
}

fn on_chart(command: &[&str], settings: &[&str]) -> Output {
    let chart = chart();
    let chart = chart.to_str().expect("the checkout's path is UTF-8");
    helm(&[command, &["elbow", chart, "--namespace", "elbow-system"], settings].concat())
}

/// The objects that the chart makes with these settings.
pub(crate) fn render(settings: &[&str]) -> Vec<Value> {
    let output = on_chart(&["template"], settings);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{settings:?}: {errors}");
    let text = String::from_utf8(output.stdout).expect("helm prints UTF-8");
    serde_saphyr::from_multiple(&text).expect("the chart renders YAML")
}

/// Why helm refuses these settings.
pub(crate) fn refusal(settings: &[&str]) -> String {
    let output = on_chart(&["template"], settings);
    assert!(!output.status.success(), "{settings:?} must be refused");
    String::from_utf8(output.stderr).expect("helm prints UTF-8")
}

/// What helm says after an installation with these settings.
pub(crate) fn notes(settings: &[&str]) -> String {
    let output = on_chart(&["install", "--dry-run=client"], settings);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{settings:?}: {errors}");
    let text = String::from_utf8(output.stdout).expect("helm prints UTF-8");
    let (_, notes) = text.split_once("NOTES:").expect("helm prints the notes");
    notes.to_owned()
}

/// The objects of one kind.
pub(crate) fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The one object of this kind.
pub(crate) fn the<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found = of_kind(objects, kind);
    assert_eq!(found.len(), 1, "objects of the kind {kind}");
    found[0]
}

/// The one container of the Deployment.
pub(crate) fn container(objects: &[Value]) -> &Value {
    let containers = &the(objects, "Deployment")["spec"]["template"]["spec"]["containers"];
    assert_eq!(containers.as_array().map(Vec::len), Some(1));
    &containers[0]
}

/// The arguments of that container.
pub(crate) fn arguments(objects: &[Value]) -> Vec<&str> {
    let arguments = container(objects)["args"].as_array();
    let arguments = arguments.expect("the container has arguments").iter();
    arguments
        .map(|argument| argument.as_str().expect("arguments are strings"))
        .collect()
}
