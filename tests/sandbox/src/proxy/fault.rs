//! What goes wrong on purpose, and for which calls. Deterministic: the same calls in the same order meet the same faults.

mod book;

use serde::{Deserialize, Serialize};

use super::call::Call;
pub use book::{Decision, FaultBook, dice};

/// One fault of a list. Of the list's faults that hit a call, all latencies add up and the first other one happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The calls it is about.
    #[serde(rename = "match", default)]
    pub calls: Calls,
    /// Hit only the n-th matching call, counted from 1 since the list was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Hit at most so many calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Hit a matching call with this probability, 0.0 to 1.0; always when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Seed of the dice that [`Fault::probability`] throws.
    #[serde(default)]
    pub seed: u64,
    /// What happens.
    pub kind: Kind,
}

impl Fault {
    /// A fault that hits every call that `calls` names, always.
    pub fn new(calls: impl Into<Calls>, kind: Kind) -> Self {
        Self {
            calls: calls.into(),
            nth: None,
            times: None,
            probability: None,
            seed: 0,
            kind,
        }
    }

    /// Only the n-th matching call, counted from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self { nth: Some(nth), ..self }
    }

    /// At most `times` calls.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// With a probability of 0.0 to 1.0, by dice of this seed.
    #[must_use]
    pub fn probability(self, probability: f64, seed: u64) -> Self {
        Self {
            probability: Some(probability),
            seed,
            ..self
        }
    }
}

/// Which calls: one pattern or several. A pattern is `mutating` (all but reads), or a name with `*` for any characters,
/// matched against `service:Action` when it contains a colon and against the action alone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Calls {
    /// One pattern.
    One(String),
    /// Any of these patterns.
    Any(Vec<String>),
}

impl Default for Calls {
    fn default() -> Self {
        Self::One("*".to_owned())
    }
}

impl From<&str> for Calls {
    fn from(pattern: &str) -> Self {
        Self::One(pattern.to_owned())
    }
}

impl Calls {
    fn include(&self, call: &Call) -> bool {
        match self {
            Self::One(pattern) => includes(pattern, call),
            Self::Any(patterns) => patterns.iter().any(|pattern| includes(pattern, call)),
        }
    }
}

fn includes(pattern: &str, call: &Call) -> bool {
    match pattern {
        "mutating" => call.is_mutating(),
        _ if pattern.contains(':') => glob(pattern, &call.key()),
        _ => glob(pattern, &call.action),
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It waits so many milliseconds before it goes on.
    LatencyMs(u64),
    /// The service's own throttling error; AWS does nothing.
    Throttle,
    /// An error of the service; AWS does nothing.
    Error {
        /// The code, for example `DependencyViolation`.
        code: String,
        /// The HTTP status, for example 400.
        status: u16,
        /// The text.
        message: String,
    },
    /// AWS does it, and the connection ends without an answer.
    LostReply,
    /// The connection ends without an answer and without AWS having heard of it; on `*`, an outage.
    #[serde(alias = "down")]
    DropBefore,
    /// It waits before AWS hears of it, until released; given up when the caller hangs up.
    HoldBefore,
    /// AWS does it, and the answer waits until released.
    HoldAfter,
}

impl Kind {
    /// The name in the log, as in the control API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::LatencyMs(_) => "latency_ms",
            Self::Throttle => "throttle",
            Self::Error { .. } => "error",
            Self::LostReply => "lost_reply",
            Self::DropBefore => "drop_before",
            Self::HoldBefore => "hold_before",
            Self::HoldAfter => "hold_after",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::call::Protocol;

    pub(super) fn call(lane: &str, service: &str, action: &str) -> Call {
        Call {
            lane: lane.to_owned(),
            service: service.to_owned(),
            action: action.to_owned(),
            protocol: Protocol::Query,
            fields: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn patterns_match_service_and_action() {
        let call = call("a", "elasticloadbalancing", "CreateLoadBalancer");
        let matching = [
            "*",
            "mutating",
            "Create*",
            "*Balancer",
            "C*Load*r",
            "elasticloadbalancing:*",
            "*:CreateLoad*",
        ];
        for pattern in matching {
            assert!(includes(pattern, &call), "{pattern}");
        }
        for pattern in ["Create", "create*", "Delete*", "ec2:*", "*Balance", "C*r*x"] {
            assert!(!includes(pattern, &call), "{pattern}");
        }
        assert!(Calls::Any(vec!["Delete*".to_owned(), "Create*".to_owned()]).include(&call));
    }

    #[test]
    fn faults_read_as_documented() {
        let text = r#"[{"match": ["ec2:*", "mutating"], "nth": 1, "kind": "throttle"}, {"kind": {"latency_ms": 30}},
            {"match": "*", "probability": 0.5, "seed": 3, "kind": {"error": {"code": "X", "status": 400, "message": "m"}}},
            {"match": "*", "kind": "down"}]"#;
        let faults: Vec<Fault> = serde_json::from_str(text).unwrap();
        assert_eq!(faults[1], Fault::new("*", Kind::LatencyMs(30)));
        assert_eq!(faults[3].kind, Kind::DropBefore);
        assert!(serde_json::from_str::<Fault>(r#"{"kind": "throttle", "ntn": 1}"#).is_err());
    }
}
