//! What a Service asks for beyond the quotas of its account, but for targets and rules.

use std::collections::BTreeSet;

use super::invalid::Invalid;
use super::request::Request;
use super::routes::{Recipient, RouteAction};
use crate::aws::quotas::{
    CERTIFICATES_OF_APPLICATION, CERTIFICATES_OF_NETWORK, LISTENERS_OF_APPLICATION, Limits, Quota,
    TARGET_GROUPS_OF_APPLICATION,
};
use crate::aws::stack::LoadBalancerKind;

/// Is more asked for than every account has? Where the account's own share is not known, AWS decides.
///
/// # Errors
/// [`Invalid`] if more is asked for than the account has.
pub(super) fn check(request: &Request, limits: &Limits) -> Result<bool, Invalid> {
    let mut is_beyond_default = false;
    for (reason, quota, count) in counts(request) {
        is_beyond_default |= count > quota.default;
        if let Some(most) = limits.known(quota).filter(|most| count > *most) {
            let remedy = if quota.adjustable {
                "raise it in Service Quotas, or ask for fewer"
            } else {
                "ask for fewer"
            };
            let text = format!("{count} are asked for and the quota {quota} is {most}; {remedy}");
            return Err(Invalid::new(reason, text));
        }
    }
    Ok(is_beyond_default)
}

fn counts(request: &Request) -> Vec<(&'static str, &'static Quota, usize)> {
    // The first certificate is the default one of each listener, which does not count.
    let certificates = request.tls.certificates.len().saturating_sub(1);
    match request.kind {
        LoadBalancerKind::Network => vec![("TooManyCertificates", &CERTIFICATES_OF_NETWORK, certificates)],
        LoadBalancerKind::Application => vec![
            ("TooManyListeners", &LISTENERS_OF_APPLICATION, request.routes.len()),
            ("TooManyCertificates", &CERTIFICATES_OF_APPLICATION, certificates),
            (
                "TooManyTargetGroups",
                &TARGET_GROUPS_OF_APPLICATION,
                target_groups(request),
            ),
        ],
    }
}

/// Those of the Service, and those of others to which it forwards too.
fn target_groups(request: &Request) -> usize {
    let mut own: usize = 0;
    let mut foreign = BTreeSet::new();
    for route in &request.routes {
        if let RouteAction::Forward(forwarding) = &route.action {
            for share in &forwarding.shares {
                match &share.to {
                    Recipient::Own(_) => own = own.saturating_add(1),
                    Recipient::Foreign(arn) => drop(foreign.insert(arn)),
                }
            }
        }
    }
    own.saturating_add(foreign.len())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::desired::fixtures::{Case, tcp};

    fn certificates(count: usize) -> Case {
        let arns: Vec<_> = (0..count)
            .map(|n| format!("arn:aws:acm:us-east-1:123456789012:certificate/0a0a0a0a-0000-4000-8000-{n:012}"))
            .collect();
        Case::new().annotate("aws-load-balancer-ssl-cert", &arns.join(","))
    }

    fn listeners(count: u16) -> Case {
        Case::new().alb().ports((1..=count).map(|port| tcp(port, 30000 + port)))
    }

    fn told(quota: &Quota, most: usize) -> Limits {
        Limits::new([(quota.limit.unwrap().to_owned(), most)].into())
    }

    #[rstest]
    #[case::certificates(certificates(26), certificates(27), &CERTIFICATES_OF_NETWORK)]
    #[case::certificates_of_an_alb(certificates(26).alb(), certificates(27).alb(), &CERTIFICATES_OF_APPLICATION)]
    #[case::listeners_of_an_alb(listeners(50), listeners(51), &LISTENERS_OF_APPLICATION)]
    fn beyond_the_default_the_account_is_asked_and_what_it_has_counts(
        #[case] within: Case,
        #[case] mut beyond: Case,
        #[case] quota: &Quota,
    ) {
        assert!(!within.desired().is_short_of_quota);
        assert!(beyond.desired().is_short_of_quota, "AWS decides");
        beyond.facts.limits = told(quota, quota.default * 2);
        assert!(beyond.result().is_ok());
        beyond.facts.limits = told(quota, quota.default);
        let invalid = beyond.invalid();
        assert!(invalid.message.contains(quota.code.unwrap()), "{invalid}");
    }

    #[test]
    fn the_target_groups_of_an_alb_are_bounded_for_everyone() {
        let action = |port: u16| {
            let groups = (0..4).map(|n| {
                format!(r#"{{"targetGroupARN":"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/g{port}-{n}/0123456789abcdef","weight":1}}"#)
            });
            let groups = groups.collect::<Vec<_>>().join(",");
            format!(r#"{{"type":"forward","forwardConfig":{{"baseServiceWeight":1,"targetGroups":[{groups}]}}}}"#)
        };
        let shared = |count: u16| {
            let shares = |case: Case, port| case.annotate(&format!("actions.HTTP-{port}"), &action(port));
            (1..=count).fold(listeners(count), shares)
        };
        assert_eq!(shared(20).desired().stack.listeners.len(), 20);
        let invalid = shared(21).invalid();
        assert_eq!(invalid.reason, "TooManyTargetGroups");
        assert!(
            invalid.message.contains("105") && invalid.message.contains("L-822D1B1B"),
            "{invalid}"
        );
    }
}
