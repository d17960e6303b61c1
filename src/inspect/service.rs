//! The Service itself: is it elbow's, does elbow run, and what does it say.

mod advice;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use super::Evidence;
use super::report::{Finding, Severity};
use crate::aws::desired::annotations::keys;
use crate::controller::status::{OwnStatus, PROGRAMMED, RECONCILING};

/// A Lease counts as left behind only so long after its end, because this machine's clock may differ from the cluster's.
const CLOCKS: SignedDuration = SignedDuration::from_secs(10);

/// Looks at it.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = vec![claim(evidence)];
    if evidence.service.metadata.deletion_timestamp.is_some() {
        findings.push(Finding::broken(
            "Deleting",
            "the Service is being deleted, and elbow takes its load balancer away",
            "wait until it is gone; what still stands in the way is told by the conditions and events of the Service",
        ));
    }
    if evidence.is_served() {
        let status = OwnStatus::of(&evidence.service);
        findings.push(leader(evidence, &status));
        findings.push(said(evidence, &status));
    }
    findings
}

fn claim(evidence: &Evidence) -> Finding {
    let spec = evidence.service.spec.clone().unwrap_or_default();
    let kind = spec.type_.unwrap_or_else(|| "ClusterIP".to_owned());
    let classes: Vec<&str> = evidence.classes.iter().map(String::as_str).collect();
    let classes = classes.join(" or ");
    if kind != "LoadBalancer" {
        return Finding::broken(
            "NotALoadBalancer",
            format!("its type is {kind}, which has no load balancer"),
            format!("set spec.type: LoadBalancer together with spec.loadBalancerClass: {classes}"),
        );
    }
    let class = spec
        .load_balancer_class
        .map_or_else(|| "without a class".to_owned(), |class| format!("of class {class}"));
    if evidence.is_served() {
        return Finding::sound(format!("LoadBalancer {class}"));
    }
    Finding::broken(
        "NotClaimed",
        format!("it is a LoadBalancer {class}, which elbow does not serve"),
        format!(
            "give it spec.loadBalancerClass: {classes}; the class of a LoadBalancer cannot be changed, so delete the Service \
             and create it anew (elbow serves other classes with --load-balancer-class, and Services without one with \
             --claim-unclassed)"
        ),
    )
}

/// Who leads. Of several elbows in one cluster any may be this Service's: the one that was renewed last is looked at.
fn leader(evidence: &Evidence, status: &OwnStatus) -> Finding {
    let leases = match &evidence.leases {
        Ok(leases) => leases,
        Err(unseen) => return Finding::notice("LeaseNotSeen", &unseen.message),
    };
    let Some(lease) = leases.iter().max_by_key(|lease| renewed(lease)) else {
        return no_lease(status);
    };
    let spec = lease.spec.clone().unwrap_or_default();
    let holder = spec.holder_identity.filter(|holder| !holder.is_empty());
    let namespace = lease.namespace().unwrap_or_default();
    let age = evidence.now.duration_since(renewed(lease));
    let term = SignedDuration::from_secs(i64::from(spec.lease_duration_seconds.unwrap_or(0)));
    match holder {
        Some(holder) if age <= term + CLOCKS => Finding::sound(format!("elbow runs: {holder} in {namespace} leads")),
        Some(holder) => not_running(
            status,
            &namespace,
            format!(
                "elbow does not run: {holder} in {namespace} led last, {} s ago",
                age.as_secs()
            ),
        ),
        None => not_running(
            status,
            &namespace,
            format!("elbow does not run: nobody holds its Lease in {namespace}"),
        ),
    }
}

fn renewed(lease: &Lease) -> Timestamp {
    let spec = lease.spec.as_ref();
    spec.and_then(|spec| spec.renew_time.as_ref())
        .map_or(Timestamp::MIN, |time| time.0)
}

/// elbow can do without a Lease, so that its absence alone says little.
fn no_lease(status: &OwnStatus) -> Finding {
    if status.conditions.is_empty() {
        return Finding::broken(
            "ElbowNotRunning",
            "elbow has no Lease and has said nothing about the Service: it does not seem to run",
            "install elbow, or look at its pods: kubectl get pods -A -l app.kubernetes.io/name=elbow",
        );
    }
    Finding::notice(
        "NoLease",
        "elbow has no Lease here, so whether it runs now cannot be told",
    )
}

fn not_running(status: &OwnStatus, namespace: &str, message: String) -> Finding {
    let severity = if status.is_programmed() {
        // What stands goes on serving; only changes are not made.
        Severity::Degraded
    } else {
        Severity::Broken
    };
    let action = format!(
        "start it: kubectl -n {namespace} get deployments,pods -l app.kubernetes.io/name=elbow shows what is there, \
         kubectl -n {namespace} logs -l app.kubernetes.io/name=elbow why it ended"
    );
    Finding::fault(severity, "ElbowNotRunning", message, action)
}

/// What elbow says of the Service by its conditions.
fn said(evidence: &Evidence, status: &OwnStatus) -> Finding {
    let find = |name| status.conditions.iter().find(|condition| condition.type_ == name);
    let working: Option<&Condition> = find(RECONCILING);
    match (find(PROGRAMMED), working) {
        (None, _) => Finding::broken(
            "NotTakenUp",
            "elbow has said nothing about the Service",
            "if elbow runs: does it watch this namespace (--watch-namespace) and serve this class \
             (--load-balancer-class, --claim-unclassed)? Its log tells",
        ),
        (Some(programmed), _) if programmed.status == "True" => Finding::sound(format!(
            "{PROGRAMMED}: {}{}",
            programmed.message,
            working.map_or("", |_| " (elbow is at work on a change)")
        )),
        (Some(programmed), Some(working)) if working.reason == "Ensuring" => Finding::symptom(
            &programmed.reason,
            format!("{PROGRAMMED} is False: {}", programmed.message),
            "wait: elbow is at work; look again in a minute",
        ),
        (Some(programmed), _) => Finding::broken(
            advice::reason(programmed),
            format!(
                "{PROGRAMMED} is False: {}{}",
                programmed.message,
                named(evidence, advice::reason(programmed))
            ),
            advice::action(programmed),
        ),
    }
}

/// AWS does not say which certificate it misses.
fn named(evidence: &Evidence, reason: &str) -> String {
    let certificates = evidence.declared.annotations.get(&keys::SSL_CERT.to_string());
    match certificates {
        Some(arns) if reason == advice::CERTIFICATE_NOT_FOUND => {
            format!("; annotation {} names {arns}", keys::SSL_CERT)
        }
        _ => String::new(),
    }
}
