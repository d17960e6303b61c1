//! The report for programs. Its shape is stable: fields are added, never renamed or taken away.
//!
//! ```json
//! {
//!   "service": {"namespace": "shop", "name": "web"},
//!   "verdict": "broken",
//!   "firstBroken": {"layer": "clusterIP", "severity": "broken", "reason": "NoEndpoints", "message": "...", "action": "..."},
//!   "layers": [
//!     {"layer": "clusterIP", "severity": "broken", "findings": [
//!       {"severity": "broken", "reason": "NoEndpoints", "message": "...", "action": "...", "details": []}
//!     ]}
//!   ]
//! }
//! ```
//!
//! `verdict` is `sound`, `broken` or `unknown`. `firstBroken` is null unless it is `broken`. `layer` is one of `service`,
//! `hostname`, `loadBalancer`, `listeners`, `clientRules`, `targetGroups`, `nodeRules`, `nodePort`, `clusterIP`, `pods`.
//! `severity` is `sound`, `notice`, `unknown`, `symptom`, `degraded` or `broken`; that of a layer is its worst. `reason` and
//! `action` are null where there is nothing to do.

use serde_json::{Value, json};

use crate::inspect::report::{Finding, Layer, LayerKind, Report, Verdict};

/// The report as a JSON object.
#[must_use]
pub fn report(report: &Report) -> Value {
    let verdict = match report.verdict() {
        Verdict::Sound => "sound",
        Verdict::Broken => "broken",
        Verdict::Unknown => "unknown",
    };
    let layers: Vec<Value> = report.layers.iter().map(layer).collect();
    json!({
        "service": {"namespace": report.namespace, "name": report.name},
        "verdict": verdict,
        "firstBroken": report.first_broken().map(first_broken),
        "layers": layers,
    })
}

fn first_broken((kind, finding): (LayerKind, &Finding)) -> Value {
    json!({
        "layer": kind.name(),
        "severity": finding.severity.name(),
        "reason": finding.reason,
        "message": finding.message,
        "action": finding.action,
    })
}

fn layer(layer: &Layer) -> Value {
    let findings: Vec<Value> = layer.findings.iter().map(finding).collect();
    json!({"layer": layer.kind.name(), "severity": layer.worst().name(), "findings": findings})
}

fn finding(found: &Finding) -> Value {
    let details: Vec<Value> = found.details.iter().map(finding).collect();
    json!({
        "severity": found.severity.name(),
        "reason": found.reason,
        "message": found.message,
        "action": found.action,
        "details": details,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_and_the_first_broken_layer_are_there() {
        let inner = Finding::broken("NoEndpoints", "nobody", "start pods");
        let shown = super::report(&Report {
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            layers: vec![Layer {
                kind: LayerKind::ClusterIp,
                findings: vec![Finding::sound("10.96.0.9").with(vec![inner])],
            }],
        });
        let expected = json!({
            "service": {"namespace": "shop", "name": "web"},
            "verdict": "broken",
            "firstBroken": {
                "layer": "clusterIP", "severity": "broken", "reason": "NoEndpoints", "message": "nobody", "action": "start pods",
            },
            "layers": [{"layer": "clusterIP", "severity": "broken", "findings": [{
                "severity": "sound", "reason": null, "message": "10.96.0.9", "action": null, "details": [{
                    "severity": "broken", "reason": "NoEndpoints", "message": "nobody", "action": "start pods", "details": [],
                }],
            }]}],
        });
        assert_eq!(shown, expected);
    }
}
