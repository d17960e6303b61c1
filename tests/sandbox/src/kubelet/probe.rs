//! Probes: when to ask, what to ask, and what a row of answers means.
//!
//! Defaults and meaning of the numbers: Kubernetes API reference, Probe v1 core.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Until it succeeds the others wait; failing restarts the container.
    Startup,
    /// Says whether the container is ready.
    Readiness,
    /// Failing restarts the container.
    Liveness,
}

/// A probe of the one kind that the stand-in knows: `httpGet` by plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpProbe {
    /// What it is for.
    pub purpose: Purpose,
    /// The path, with its leading slash.
    pub path: String,
    /// The port on the Pod's address.
    pub port: u16,
    /// Time from the container's start to the first question.
    pub initial_delay: Duration,
    /// Time between questions.
    pub period: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Successes in a row that turn the verdict.
    pub success_threshold: u32,
    /// Failures in a row that turn the verdict.
    pub failure_threshold: u32,
}

/// Why a probe cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not `httpGet`, or by HTTPS.
    #[error("{0:?} probe: the kubelet stand-in knows httpGet by plain HTTP only")]
    Kind(Purpose),
    /// No such port.
    #[error("{purpose:?} probe: the container has no port {port:?}")]
    Port {
        /// What the probe is for.
        purpose: Purpose,
        /// The port as given.
        port: String,
    },
}

/// The probes of a container.
///
/// # Errors
/// The first one that cannot be asked.
pub fn probes_of(container: &Container) -> Result<Vec<HttpProbe>, Error> {
    let probes = [
        (Purpose::Startup, &container.startup_probe),
        (Purpose::Readiness, &container.readiness_probe),
        (Purpose::Liveness, &container.liveness_probe),
    ];
    let given = probes
        .into_iter()
        .filter_map(|(purpose, probe)| Some((purpose, probe.as_ref()?)));
    given
        .map(|(purpose, probe)| http_probe(container, purpose, probe))
        .collect()
}

fn http_probe(container: &Container, purpose: Purpose, probe: &Probe) -> Result<HttpProbe, Error> {
    let get = probe.http_get.as_ref().ok_or(Error::Kind(purpose))?;
    if get.scheme.as_deref().is_some_and(|scheme| scheme != "HTTP") {
        return Err(Error::Kind(purpose));
    }
    let seconds = |value: Option<i32>, default: u32| Duration::from_secs(number(value, default).into());
    Ok(HttpProbe {
        purpose,
        path: get.path.clone().unwrap_or_else(|| "/".to_owned()),
        port: port_number(container, &get.port).ok_or_else(|| Error::Port {
            purpose,
            port: port_text(&get.port),
        })?,
        initial_delay: seconds(probe.initial_delay_seconds, 0),
        period: seconds(probe.period_seconds, 10),
        timeout: seconds(probe.timeout_seconds, 1),
        success_threshold: number(probe.success_threshold, 1),
        failure_threshold: number(probe.failure_threshold, 3),
    })
}

fn number(value: Option<i32>, default: u32) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(default)
}

fn port_number(container: &Container, port: &IntOrString) -> Option<u16> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let mut ports = container.ports.iter().flatten();
            ports.find(|port| port.name.as_ref() == Some(name))?.container_port
        }
    };
    u16::try_from(number).ok().filter(|number| *number != 0)
}

fn port_text(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

/// The verdict over a row of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracker {
    success_threshold: u32,
    failure_threshold: u32,
    last: Option<bool>,
    row: u32,
    verdict: Option<bool>,
}

impl Tracker {
    /// Before the first answer there is no verdict.
    #[must_use]
    pub fn new(probe: &HttpProbe) -> Self {
        let HttpProbe {
            success_threshold,
            failure_threshold,
            ..
        } = *probe;
        Self {
            success_threshold,
            failure_threshold,
            last: None,
            row: 0,
            verdict: None,
        }
    }

    /// Takes an answer; returns the verdict if this answer turned it.
    pub fn record(&mut self, success: bool) -> Option<bool> {
        self.row = if self.last == Some(success) {
            self.row.saturating_add(1)
        } else {
            1
        };
        self.last = Some(success);
        let threshold = if success {
            self.success_threshold
        } else {
            self.failure_threshold
        };
        if self.row < threshold || self.verdict == Some(success) {
            return None;
        }
        self.verdict = Some(success);
        self.verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn container(readiness: Value) -> Container {
        let ports = json!([{"name": "health", "containerPort": 61779}]);
        serde_json::from_value(json!({"name": "elbow", "ports": ports, "readinessProbe": readiness})).unwrap()
    }

    #[test]
    fn a_probe_takes_its_numbers_or_the_defaults() {
        let probe =
            json!({"httpGet": {"path": "/readyz", "port": "health"}, "periodSeconds": 5, "initialDelaySeconds": 2});
        let expected = HttpProbe {
            purpose: Purpose::Readiness,
            path: "/readyz".to_owned(),
            port: 61779,
            initial_delay: Duration::from_secs(2),
            period: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            success_threshold: 1,
            failure_threshold: 3,
        };
        assert_eq!(probes_of(&container(probe)), Ok(vec![expected]));
    }

    #[test]
    fn probes_that_cannot_be_asked_are_refused() {
        let port = |port: &str| Error::Port {
            purpose: Purpose::Readiness,
            port: port.to_owned(),
        };
        let table = [
            (json!({"exec": {"command": ["true"]}}), Error::Kind(Purpose::Readiness)),
            (
                json!({"httpGet": {"port": 1, "scheme": "HTTPS"}}),
                Error::Kind(Purpose::Readiness),
            ),
            (json!({"httpGet": {"port": "none"}}), port("none")),
            (json!({"httpGet": {"port": 0}}), port("0")),
            (json!({"httpGet": {"port": 65536}}), port("65536")),
        ];
        for (probe, error) in table {
            assert_eq!(probes_of(&container(probe)), Err(error));
        }
    }

    #[test]
    fn the_verdict_turns_when_a_row_is_long_enough() {
        let probe = json!({"httpGet": {"port": 1}, "successThreshold": 2, "failureThreshold": 3});
        let mut tracker = Tracker::new(&probes_of(&container(probe)).unwrap()[0]);
        let answers = [
            true, false, true, true, true, false, false, true, false, false, false, false,
        ];
        let turns: Vec<Option<bool>> = answers.into_iter().map(|answer| tracker.record(answer)).collect();
        let mut expected = [None; 12];
        expected[3] = Some(true);
        expected[10] = Some(false);
        assert_eq!(turns, expected);
    }

    #[test]
    fn failing_from_the_start_is_a_verdict_too() {
        let probe = json!({"httpGet": {"port": 1}, "failureThreshold": 2});
        let mut tracker = Tracker::new(&probes_of(&container(probe)).unwrap()[0]);
        assert_eq!([tracker.record(false), tracker.record(false)], [None, Some(false)]);
    }
}
