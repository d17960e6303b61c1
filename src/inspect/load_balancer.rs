//! The load balancer: is it there, is it this Service's, is it active.

use super::evidence::{Cloud, Evidence, SeenLoadBalancer};
use super::report::Finding;
use crate::aws::desired::tags::UID;

/// Looks at it.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    match &evidence.cloud {
        None => Vec::new(),
        Some(Err(unseen)) => vec![unseen.finding()],
        Some(Ok(cloud)) => match &cloud.load_balancer {
            None => vec![missing(evidence, cloud)],
            Some(found) => present(evidence, found),
        },
    }
}

fn missing(evidence: &Evidence, cloud: &Cloud) -> Finding {
    let region = &cloud.region;
    match &evidence.declared.published {
        None => Finding::symptom(
            "NoLoadBalancer",
            format!("there is none for this Service in {region} yet"),
            "elbow makes it: look at the Service's conditions and at whether elbow runs",
        ),
        Some(hostname) => Finding::broken(
            "LoadBalancerMissing",
            format!("none in {region} has the hostname {hostname} or this Service's tag {UID}"),
            "see that --aws-region and your AWS profile are those of the cluster's account; if they are, it was deleted by hand, and \
             elbow makes it anew with its next audit (--audit-period, 5 minutes by default)",
        ),
    }
}

fn present(evidence: &Evidence, found: &SeenLoadBalancer) -> Vec<Finding> {
    let known = &found.description;
    let scheme = known.scheme.map_or_else(String::new, |scheme| format!("{scheme} "));
    let kind = known.kind.map_or_else(String::new, |kind| format!("{kind} "));
    let mut findings = vec![Finding::sound(format!(
        "{}, {scheme}{kind}load balancer in {}",
        known.name, known.vpc
    ))];
    if !known.active {
        findings.push(Finding::symptom(
            "Provisioning",
            format!("{} is still being provisioned by AWS", known.name),
            "wait: that takes two or three minutes",
        ));
    }
    let uid = &evidence.declared.owner.uid;
    if found.tags.get(UID) != Some(uid) {
        findings.push(Finding::broken(
            "ForeignLoadBalancer",
            format!(
                "{} does not carry this Service's tag {UID}={uid}, so elbow leaves it alone",
                known.name
            ),
            "give it its tags back (elbow.dev/cluster, elbow.dev/service, elbow.dev/uid, elbow.dev/resource), or delete it so that \
             elbow makes its own",
        ));
    }
    findings
}
