//! What the chart is given in a sandbox.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::environment::AWS_CREDENTIALS;
use crate::state::Sandbox;

/// A release of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Name of the release.
    pub name: String,
    /// Namespace, made when it is not there.
    pub namespace: String,
    /// The access key id of its AWS calls, by which the AWS proxy tells them apart.
    pub lane: String,
    /// More values, as `KEY=VALUE` of helm's `--set`.
    pub settings: Vec<String>,
}

impl Default for Release {
    /// The one that `cargo sandbox install` makes.
    fn default() -> Self {
        let system = "elbow-system".to_owned();
        Self {
            name: "elbow".to_owned(),
            namespace: system.clone(),
            lane: system,
            settings: Vec::new(),
        }
    }
}

/// What the Pods run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// The binary that the kubelet stand-in starts; the mark is another one for another binary, so that it makes new Pods.
    Binary(String),
    /// The image of that full name, which is on every node; another binary has another one.
    Image(String),
}

impl Program {
    fn values(&self) -> Value {
        match self {
            Self::Binary(mark) => json!({
                // All Pods are processes of one machine: each listens on its own address only.
                "bindAddress": "$(POD_IP)",
                "podAnnotations": {"elbow.dev/binary": mark},
            }),
            Self::Image(name) => {
                let (repository, tag) = name.rsplit_once(':').unwrap_or((name, ""));
                json!({"image": {"repository": repository, "tag": tag, "pullPolicy": "Never"}})
            }
        }
    }
}

/// The chart's values.
#[must_use]
pub fn values(sandbox: &Sandbox, release: &Release, program: &Program) -> Value {
    let infrastructure = &sandbox.infrastructure;
    let mut variables: Vec<Value> = AWS_CREDENTIALS
        .iter()
        .filter(|(name, _)| *name != "AWS_ACCESS_KEY_ID")
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    variables.push(json!({"name": "AWS_ACCESS_KEY_ID", "value": release.lane}));
    let mut values = json!({
        "clusterName": infrastructure.cluster_name,
        "region": infrastructure.region,
        "vpcId": infrastructure.vpc_id,
        "aws": {"endpointUrl": sandbox.aws_proxy_url},
        "extraEnv": variables,
        // Most of so few nodes are soon gone; nobody shall wait for that.
        "massRemovalDelay": "2s",
        "probes": {"readiness": {"periodSeconds": 1}},
    });
    if let (Value::Object(values), Value::Object(own)) = (&mut values, program.values()) {
        values.extend(own);
    }
    values
}

/// The arguments of `helm upgrade` for a release.
#[must_use]
pub fn upgrade_arguments(release: &Release, chart: &Path, values: &Path, within: Duration) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["upgrade", "--install", &release.name].map(OsString::from).to_vec();
    arguments.push(chart.into());
    arguments.extend(["--namespace", &release.namespace, "--create-namespace", "--wait"].map(OsString::from));
    arguments.extend(["--timeout".into(), format!("{}s", within.as_secs()).into()]);
    arguments.extend(["--values".into(), values.into()]);
    for setting in &release.settings {
        arguments.extend(["--set", setting].map(OsString::from));
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::sandbox;

    #[test]
    fn elbow_calls_aws_through_the_proxy_on_its_own_lane() {
        let program = Program::Binary("d1".to_owned());
        let values = values(&sandbox(Path::new("/state")), &Release::default(), &program);
        assert_eq!(values["aws"]["endpointUrl"], "http://127.0.0.1:20001");
        let key = json!({"name": "AWS_ACCESS_KEY_ID", "value": "elbow-system"});
        let keys: Vec<&Value> = values["extraEnv"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["name"] == key["name"])
            .collect();
        assert_eq!(keys, [&key]);
    }

    #[test]
    fn an_image_is_never_pulled_and_leaves_the_rest_to_the_chart() {
        let program = Program::Image("registry.local:5000/elbow:1a2b".to_owned());
        let values = values(&sandbox(Path::new("/state")), &Release::default(), &program);
        let image = json!({"repository": "registry.local:5000/elbow", "tag": "1a2b", "pullPolicy": "Never"});
        assert_eq!(values["image"], image);
        for own_to_the_stand_in in ["bindAddress", "podAnnotations", "podSecurityContext", "securityContext"] {
            assert_eq!(values.get(own_to_the_stand_in), None);
        }
    }

    #[test]
    fn settings_come_after_the_sandboxs_own_values() {
        let release = Release {
            settings: vec!["replicaCount=1".to_owned()],
            ..Release::default()
        };
        let arguments = upgrade_arguments(
            &release,
            Path::new("/chart"),
            Path::new("/values"),
            Duration::from_secs(90),
        );
        let expected = "upgrade --install elbow /chart --namespace elbow-system --create-namespace --wait --timeout 90s \
                        --values /values --set replicaCount=1";
        assert_eq!(arguments, expected.split(' ').map(OsString::from).collect::<Vec<_>>());
    }
}
