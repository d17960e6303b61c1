//! The hostname that clients use: is it published, is it the load balancer's, does it resolve.

use super::Evidence;
use super::report::Finding;

/// Looks at it.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    if !evidence.is_served() {
        return Vec::new();
    }
    let Some(published) = &evidence.declared.published else {
        return vec![Finding::symptom(
            "NoHostname",
            "status.loadBalancer.ingress names no hostname",
            "elbow publishes it as soon as the load balancer stands: look at the Service's conditions and at whether elbow runs",
        )];
    };
    let mut findings = vec![resolution(evidence, published)];
    if let Some(found) = evidence.load_balancer()
        && found.description.dns_name != published.to_ascii_lowercase()
    {
        let own = &found.description.dns_name;
        findings.push(Finding::broken(
            "HostnameMismatch",
            format!("no load balancer has the published hostname {published}; that of the Service is {own}"),
            "elbow publishes the right one on its next pass, so see that it runs; where clients were given the old name by hand \
             (a DNS record of your own), point them to the new one",
        ));
    }
    findings
}

/// Whether it resolves is seen from this machine, so whatever is broken elsewhere is named first.
fn resolution(evidence: &Evidence, published: &str) -> Finding {
    let failed = |why: &str| {
        Finding::symptom(
            "DoesNotResolve",
            format!("{published} does not resolve on this machine: {why}"),
            "the name of a new load balancer takes a minute or two; else see whether this machine can resolve names of AWS \
             (--no-dns skips this look)",
        )
    };
    match &evidence.resolution {
        None => Finding::sound(format!("{published} (not looked up)")),
        Some(Ok(addresses)) if addresses.is_empty() => failed("it has no address"),
        Some(Ok(addresses)) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Finding::sound(format!("{published} resolves to {}", addresses.join(", ")))
        }
        Some(Err(why)) => failed(why),
    }
}
