//! What AWS says of targets.

use rstest::rstest;

use super::*;

#[rstest]
#[case(
    "unhealthy",
    "Target.FailedHealthChecks",
    true,
    "TargetFailedHealthChecks",
    Severity::Symptom
)]
#[case("unhealthy", "Target.Timeout", true, "TargetTimeout", Severity::Symptom)]
#[case(
    "unhealthy",
    "Target.ResponseCodeMismatch",
    true,
    "TargetResponseCodeMismatch",
    Severity::Broken
)]
#[case(
    "unhealthy",
    "Target.ResponseCodeMismatch",
    false,
    "TargetResponseCodeMismatch",
    Severity::Degraded
)]
#[case("unused", "Target.NotInUse", true, "TargetNotInUse", Severity::Broken)]
#[case("unused", "Target.NotRegistered", false, "TargetNotRegistered", Severity::Degraded)]
#[case("unused", "Target.InvalidState", false, "TargetInvalidState", Severity::Degraded)]
#[case("unused", "Target.IpUnusable", true, "TargetIpUnusable", Severity::Broken)]
#[case("unavailable", "Elb.InternalError", true, "TargetInternalError", Severity::Broken)]
#[case("initial", "Elb.RegistrationInProgress", true, "TargetInitial", Severity::Symptom)]
#[case("initial", "Elb.InitialHealthChecking", true, "TargetInitial", Severity::Symptom)]
#[case("something", "New.Reason", true, "TargetUnhealthy", Severity::Symptom)]
fn the_health_of_a_target_is_translated(
    #[case] state: &str,
    #[case] reason: &str,
    #[case] all: bool,
    #[case] expected: &str,
    #[case] severity: Severity,
) {
    let mut evidence = sound();
    evidence.health(state, reason, all);
    let report = diagnose(&evidence);
    let (layer, found) = report.first_broken().unwrap();
    assert_eq!(
        (layer, found.reason.as_deref(), found.severity),
        (LayerKind::TargetGroups, Some(expected), severity)
    );
    assert!(
        found.message.contains(state) && found.message.contains(reason),
        "{found:?}"
    );
}

#[test]
fn what_aws_adds_to_its_reason_is_shown() {
    let mut evidence = sound();
    evidence.health("unhealthy", "Target.ResponseCodeMismatch", true);
    let target = &mut evidence.cloud_mut().target_groups[0].targets[0];
    target.description = "Health checks failed with these codes: [503]".to_owned();
    let report = diagnose(&evidence);
    let words = "unhealthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [503])";
    assert!(report.first_broken().unwrap().1.message.contains(words), "{report:#?}");
}
