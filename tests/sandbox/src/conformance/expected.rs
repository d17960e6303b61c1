//! The tests that elbow does not pass on purpose, each with the reason.

use super::report::Outcome;

/// What a test does that is not to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It fails.
    Fails,
    /// It finds by itself that it does not apply.
    Skips,
}

/// A test that is not to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name without labels.
    pub(super) test: &'static str,
    /// What it does instead.
    pub(super) kind: Kind,
    /// Part of what it says then: should it say something else, it ended for another reason.
    pub(super) says: &'static str,
    /// Why this is as it should be.
    pub(super) reason: &'static str,
}

/// They are justified by what the tests do in `test/e2e/network/loadbalancer.go` of Kubernetes.
pub(super) const TABLE: &[Entry] = &[
    Entry {
        test: "LoadBalancers should handle load balancer cleanup finalizer for service",
        kind: Kind::Fails,
        says: "Failed to wait for service to hasFinalizer=true",
        reason: "It waits for the finalizer `service.kubernetes.io/load-balancer-cleanup` by name. That is the one of Kubernetes' own \
                 service controller; elbow's is `elbow.dev/load-balancer`, and does the same.",
    },
    Entry {
        test: "LoadBalancers should be able to create LoadBalancer Service without NodePort and change it",
        kind: Kind::Fails,
        says: "timed out waiting for service \"reallocate-nodeport-test\" to have a load balancer",
        reason: "It sets `allocateLoadBalancerNodePorts: false`. elbow's targets are nodes by their NodePorts; without them the \
                 condition says `NodePortMissing`, and nothing is made.",
    },
    Entry {
        test: "LoadBalancers should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service on \
               different nodes",
        kind: Kind::Fails,
        says: "Failed to connect to backend 1",
        reason: IP_ONLY,
    },
    Entry {
        test: "LoadBalancers should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service on the \
               same nodes",
        kind: Kind::Fails,
        says: "Failed to connect to backend 1",
        reason: IP_ONLY,
    },
    Entry {
        test: "LoadBalancers ExternalTrafficPolicy: Local should work for type=LoadBalancer",
        kind: Kind::Skips,
        says: "LoadBalancer uses 'Proxy' IPMode",
        reason: NO_IP,
    },
    Entry {
        test: "LoadBalancers ExternalTrafficPolicy: Local should work from pods",
        kind: Kind::Skips,
        says: "LoadBalancer uses 'Proxy' IPMode",
        reason: NO_IP,
    },
];

const IP_ONLY: &str = "It parses what is in `status.loadBalancer.ingress` as an IP address. AWS gives a load balancer a hostname, \
                       whose addresses may change.";

const NO_IP: &str = "It skips itself where `status.loadBalancer.ingress` holds a hostname instead of an IP address, once the load \
                     balancer stands.";

/// What a test's outcome means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It passed, as it should.
    Passed,
    /// It did not pass, as expected.
    AsExpected(&'static Entry),
    /// The outcome is not the expected one: why.
    Surprise(String),
}

/// Compares the outcome of the test of that name with the table.
#[must_use]
pub(super) fn judge(name: &str, outcome: &Outcome) -> Verdict {
    let Some(entry) = TABLE.iter().find(|entry| entry.test == name) else {
        return match outcome {
            Outcome::Passed => Verdict::Passed,
            Outcome::Failed(says) => Verdict::Surprise(says.clone()),
            Outcome::Skipped(says) => Verdict::Surprise(format!("it skipped itself: {says}")),
        };
    };
    match (outcome, entry.kind) {
        (Outcome::Failed(says), Kind::Fails) | (Outcome::Skipped(says), Kind::Skips) if says.contains(entry.says) => {
            Verdict::AsExpected(entry)
        }
        (Outcome::Passed, _) => Verdict::Surprise("it passes, and was not expected to".to_owned()),
        (Outcome::Failed(says) | Outcome::Skipped(says), _) => {
            Verdict::Surprise(format!("not for the known reason: {says}"))
        }
    }
}

/// The tests of the table that are not among those of the suite.
#[must_use]
pub(super) fn unknown(names: &[String]) -> Vec<&'static str> {
    let tests = TABLE.iter().map(|entry| entry.test);
    tests.filter(|test| !names.iter().any(|name| name == test)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "LoadBalancers should work";

    fn entry(kind: Kind) -> &'static Entry {
        TABLE.iter().find(|entry| entry.kind == kind).unwrap()
    }

    fn surprise(name: &str, outcome: Outcome) -> String {
        match judge(name, &outcome) {
            Verdict::Surprise(why) => why,
            other => panic!("{other:?} is no surprise"),
        }
    }

    #[test]
    fn a_test_that_is_not_in_the_table_must_pass() {
        assert_eq!(judge(OTHER, &Outcome::Passed), Verdict::Passed);
        assert_eq!(surprise(OTHER, Outcome::Failed("no answer".to_owned())), "no answer");
        assert!(surprise(OTHER, Outcome::Skipped("one node".to_owned())).ends_with("one node"));
    }

    #[test]
    fn a_test_of_the_table_ends_as_the_table_says_and_for_its_reason() {
        for kind in [Kind::Fails, Kind::Skips] {
            let (entry, says) = (entry(kind), |text: &str| match kind {
                Kind::Fails => Outcome::Failed(text.to_owned()),
                Kind::Skips => Outcome::Skipped(text.to_owned()),
            });
            let known = format!("{}: deadline exceeded", entry.says);
            assert_eq!(judge(entry.test, &says(&known)), Verdict::AsExpected(entry));
            assert!(surprise(entry.test, says("the nodes are gone")).contains("the nodes are gone"));
            assert!(surprise(entry.test, Outcome::Passed).starts_with("it passes"));
        }
    }

    #[test]
    fn a_test_that_fails_where_it_should_skip_itself_is_a_surprise() {
        let entry = entry(Kind::Skips);
        assert!(surprise(entry.test, Outcome::Failed(entry.says.to_owned())).starts_with("not for the known reason"));
    }

    #[test]
    fn an_entry_whose_test_is_gone_is_found() {
        let mut names: Vec<String> = TABLE.iter().map(|entry| entry.test.to_owned()).collect();
        assert_eq!(unknown(&names), Vec::<&str>::new());
        let gone = names.remove(0);
        assert_eq!(unknown(&names), [gone]);
    }
}
