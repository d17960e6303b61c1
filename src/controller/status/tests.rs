//! Which conditions and hostname follow from how far a Service has come.

use rstest::rstest;
use serde_json::{Value, from_value, json};

use super::*;
use crate::provider::Warning;
use crate::service::{Port, Protocol};

const THEN: &str = "2026-01-01T00:00:00Z";

#[test]
fn a_new_service_is_pending() {
    let status = OwnStatus::default().after(Progress::Ensuring, now());
    assert_eq!(
        said(&status),
        [("Reconciling", "True", "Ensuring"), (PROGRAMMED, "False", "Pending")]
    );
    assert_eq!(status.ingress, []);
}

#[test]
fn a_served_service_shows_hostname_and_ports_and_nothing_else_is_left_to_say() {
    let status = OwnStatus::default().after(Progress::Ensured(&ensured()), now());
    assert_eq!(said(&status), [(PROGRAMMED, "True", "Programmed")]);
    assert_eq!(status.conditions[0].message, "internet-facing, 3 zones; no targets");
    let ports = json!([{"port": 53, "protocol": "UDP"}, {"port": 443, "protocol": "TCP"}]);
    assert_eq!(
        json!(status.ingress),
        json!([{"hostname": "lb.example", "ports": ports}])
    );
}

#[rstest]
#[case::user(invalid(), "Stalled", "InvalidAnnotation")]
#[case::rights(ProviderError::Denied { action: "a".into(), message: "m".into() }, "Stalled", "AccessDenied")]
#[case::quota(
    ProviderError::Quota { action: "a".into(), code: "c".into(), message: "m".into() }, "Stalled", "QuotaExceeded"
)]
#[case::throttled(ProviderError::Throttled { action: "a".into(), message: "m".into() }, "Reconciling", "Throttled")]
#[case::in_use(ProviderError::Conflict { action: "a".into(), message: "m".into() }, "Reconciling", "Waiting")]
#[case::fault(ProviderError::Transient { action: "a".into(), message: "m".into() }, "Reconciling", "CloudError")]
fn a_failure_says_whether_waiting_helps(#[case] error: ProviderError, #[case] hint: &str, #[case] reason: &str) {
    let status = OwnStatus::default().after(Progress::Failed(&error), now());
    assert_eq!(said(&status), [(hint, "True", reason), (PROGRAMMED, "False", reason)]);
    assert!(
        status
            .conditions
            .iter()
            .all(|condition| condition.message == error.to_string())
    );
}

#[test]
fn a_served_service_keeps_hostname_and_condition_while_it_is_changed() {
    let served = OwnStatus::of(&service(served_status()));
    let status = served.after(Progress::Ensuring, now());
    assert_eq!(
        said(&status),
        [("Reconciling", "True", "Ensuring"), (PROGRAMMED, "True", "Programmed")]
    );
    assert_eq!(status.conditions[1], served.conditions[0]);
    assert_eq!(status.ingress, served.ingress);
}

#[test]
fn the_receipt_stands_with_programmed_and_goes_with_everything_else() {
    let receipt = Some(Receipt("r1".to_owned()));
    let settled = Ensured {
        receipt: receipt.clone(),
        ..ensured()
    };
    let served = OwnStatus::default().after(Progress::Ensured(&settled), now());
    assert_eq!(
        said(&served),
        [(PROGRAMMED, "True", "Programmed"), (RECEIPT, "True", "Settled")]
    );
    assert_eq!(served.receipt(), receipt);
    assert_eq!(served.after(Progress::Ensured(&settled), later()), served);
    let error = invalid();
    for progress in [
        Progress::Ensuring,
        Progress::Resumed,
        Progress::Failed(&error),
        Progress::Ensured(&ensured()),
    ] {
        assert_eq!(served.after(progress, now()).receipt(), None, "{progress:?}");
    }
    assert!(served.says_as(&served.after(Progress::Resumed, later())));
    assert!(!served.says_as(&served.after(Progress::Ensuring, later())));
}

#[rstest]
#[case::never_served(OwnStatus::default(), &[("Reconciling", "True", "Ensuring"), (PROGRAMMED, "False", "Pending")])]
#[case::served(OwnStatus::of(&service(served_status())), &[(PROGRAMMED, "True", "Programmed")])]
fn what_is_pending_shows_the_hostname_and_never_more_than_was_said(
    #[case] before: OwnStatus,
    #[case] expected: &[(&str, &str, &str)],
) {
    let pending = Ensured {
        pending: Some("targets wait".to_owned()),
        ..ensured()
    };
    let status = before.after(Progress::Ensured(&pending), now());
    assert_eq!(said(&status), expected);
    assert_eq!(status.ingress[0].hostname.as_deref(), Some("lb.example"));
}

#[test]
fn a_failed_change_keeps_the_hostname_that_still_serves() {
    let served = OwnStatus::of(&service(served_status()));
    assert_eq!(
        served.after(Progress::Failed(&invalid()), now()).ingress,
        served.ingress
    );
}

#[test]
fn the_transition_time_changes_with_the_status_only() {
    let served = OwnStatus::of(&service(served_status()));
    let again = served.after(Progress::Ensured(&ensured()), now());
    assert_eq!(
        again.conditions[0].last_transition_time,
        served.conditions[0].last_transition_time
    );
    let failed = served.after(Progress::Failed(&invalid()), now());
    assert!(
        failed
            .conditions
            .iter()
            .all(|condition| condition.last_transition_time == Time(now()))
    );
}

#[test]
fn what_stands_already_is_equal_whatever_others_have_added_and_in_whatever_order() {
    let mut status = OwnStatus::default().after(Progress::Failed(&invalid()), now());
    let mut conditions = status.conditions.clone();
    conditions.reverse();
    let mut conditions = json!(conditions);
    conditions.as_array_mut().unwrap().push(
        json!({"type": "other.example/Ready", "status": "True", "reason": "R", "message": "", "lastTransitionTime": THEN}),
    );
    let found = OwnStatus::of(&service(json!({"conditions": conditions})));
    assert_eq!(found, status);
    assert_eq!(
        found.after(Progress::Failed(&invalid()), "2030-01-01T00:00:00Z".parse().unwrap()),
        status
    );
    status.conditions.pop();
    assert_ne!(found, status);
}

fn said(status: &OwnStatus) -> Vec<(&str, &str, &str)> {
    status
        .conditions
        .iter()
        .map(|condition| (&*condition.type_, &*condition.status, &*condition.reason))
        .collect()
}

fn ensured() -> Ensured {
    let port = |number| Port::new(number).unwrap();
    Ensured {
        hostname: "lb.example".into(),
        ports: vec![(port(53), Protocol::Udp), (port(443), Protocol::Tcp)],
        writes: 6,
        summary: "internet-facing, 3 zones".into(),
        warnings: vec![Warning {
            reason: "UnAvailableLoadBalancer",
            message: "no targets".into(),
        }],
        recheck: None,
        pending: None,
        receipt: None,
    }
}

fn invalid() -> ProviderError {
    ProviderError::Invalid {
        reason: "InvalidAnnotation",
        message: "key=value: not allowed".into(),
    }
}

fn served_status() -> Value {
    json!({
        "loadBalancer": {"ingress": [{"hostname": "old.example"}]},
        "conditions": [{
            "type": PROGRAMMED, "status": "True", "reason": "Programmed", "message": "m", "lastTransitionTime": THEN,
        }],
    })
}

fn service(status: Value) -> Service {
    from_value(json!({"metadata": {"name": "web"}, "status": status})).unwrap()
}

fn later() -> Timestamp {
    "2026-06-01T12:00:01Z".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}
