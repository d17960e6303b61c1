//! What the results of checks mean, one after the other. Pure.

use crate::data_plane::model::HealthCheck;
use crate::data_plane::verdict::{State, Verdict};

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As wished for.
    Passed,
    /// No answer in time.
    TimedOut,
    /// Refused, or cut off.
    Failed,
    /// Another code than wished for; of HTTP, or of gRPC.
    Mismatch(u16),
}

/// What is known of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    verdict: Verdict,
    /// Results in a row that speak against the verdict.
    against: u32,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            verdict: Verdict::new(
                State::Initial,
                "Elb.InitialHealthChecking",
                "Initial health checks in progress",
            ),
            against: 0,
        }
    }
}

impl Record {
    /// What is known so far.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Takes a result down; true when the verdict is another one now.
    ///
    /// A new target is healthy after its first success, and unhealthy after as many failures as any other.
    pub fn observe(&mut self, outcome: &Outcome, check: &HealthCheck) -> bool {
        let passed = *outcome == Outcome::Passed;
        let state = self.verdict.state;
        if passed == (state == State::Healthy) && state != State::Initial {
            self.against = 0;
            return false;
        }
        if passed && state == State::Initial {
            return self.settle(Verdict::healthy());
        }
        self.against += 1;
        let needed = if passed {
            check.healthy_threshold
        } else {
            check.unhealthy_threshold
        };
        self.against >= needed && self.settle(judged(outcome))
    }

    fn settle(&mut self, verdict: Verdict) -> bool {
        self.verdict = verdict;
        self.against = 0;
        true
    }
}

/// The verdict that enough results of this kind lead to.
fn judged(outcome: &Outcome) -> Verdict {
    let unhealthy = |reason, description: &str| Verdict::new(State::Unhealthy, reason, description);
    match outcome {
        Outcome::Passed => Verdict::healthy(),
        Outcome::TimedOut => unhealthy("Target.Timeout", "Request timed out"),
        Outcome::Failed => unhealthy("Target.FailedHealthChecks", "Health checks failed"),
        Outcome::Mismatch(code) => {
            let description = format!("Health checks failed with these codes: [{code}]");
            unhealthy("Target.ResponseCodeMismatch", &description)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::data_plane::model::Probe;

    const CHECK: HealthCheck = HealthCheck {
        probe: Probe::Tcp,
        port: None,
        interval: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        healthy_threshold: 3,
        unhealthy_threshold: 2,
    };

    fn after(outcomes: &[Outcome]) -> Verdict {
        let mut record = Record::default();
        for outcome in outcomes {
            record.observe(outcome, &CHECK);
        }
        record.verdict().clone()
    }

    #[test]
    fn verdicts_follow_the_thresholds() {
        use Outcome::{Failed, Mismatch, Passed, TimedOut};
        let cases: [(&[Outcome], State, &str); 9] = [
            (&[], State::Initial, "Elb.InitialHealthChecking"),
            (&[Passed], State::Healthy, ""),
            (&[Failed], State::Initial, "Elb.InitialHealthChecking"),
            (&[Failed, TimedOut], State::Unhealthy, "Target.Timeout"),
            (&[Passed, Failed], State::Healthy, ""),
            (&[Passed, Failed, Passed, Failed], State::Healthy, ""),
            (&[Passed, Failed, Failed], State::Unhealthy, "Target.FailedHealthChecks"),
            (
                &[Mismatch(503), Mismatch(503), Passed, Passed],
                State::Unhealthy,
                "Target.ResponseCodeMismatch",
            ),
            (&[Failed, Failed, Passed, Passed, Passed], State::Healthy, ""),
        ];
        for (outcomes, state, reason) in cases {
            let verdict = after(outcomes);
            assert_eq!(
                (verdict.state, verdict.reason.as_str()),
                (state, reason),
                "{outcomes:?}"
            );
        }
    }
}
