//! What to do about the Lease. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// What a Lease says, reduced to what decides. Times are compared for equality only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claim {
    /// `spec.holderIdentity`; `None` while nobody holds it.
    pub(super) holder: Option<String>,
    /// `spec.renewTime` as it is written.
    pub(super) renewed: Option<String>,
    /// `spec.leaseDurationSeconds`.
    pub(super) duration: Duration,
}

/// A claim, and since when it has stood unchanged before our eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) claim: Claim,
    pub(super) since: Instant,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// There is no Lease: make it.
    Create,
    /// Nobody holds it, or its holder has let it run out: take it.
    Take,
    /// It is ours: renew it.
    Renew,
    /// Another holds it.
    Wait,
}

impl Observation {
    /// Takes in a newer look at the Lease: what has not changed keeps its `since`.
    pub(super) fn next(last: Option<&Self>, claim: Claim, now: Instant) -> Self {
        let since = last.filter(|last| last.claim == claim).map_or(now, |last| last.since);
        Self { claim, since }
    }

    /// What is left of its holder's term; none where nobody holds it or it has run out.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.claim.holder.as_ref()?;
        let left = self.claim.duration.checked_sub(now.duration_since(self.since))?;
        (!left.is_zero()).then_some(left)
    }
}

/// What `me` does about the Lease it sees at `now`.
pub(super) fn decide(seen: Option<&Observation>, me: &str, now: Instant) -> Decision {
    let Some(seen) = seen else {
        return Decision::Create;
    };
    match seen.claim.holder.as_deref() {
        Some(holder) if holder == me => Decision::Renew,
        Some(_) if seen.left(now).is_some() => Decision::Wait,
        Some(_) | None => Decision::Take,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TERM: Duration = Duration::from_secs(15);

    #[rstest]
    #[case::nobody(None, Duration::ZERO, Decision::Take)]
    #[case::mine(Some("me"), Duration::ZERO, Decision::Renew)]
    #[case::mine_and_old(Some("me"), TERM * 9, Decision::Renew)]
    #[case::anothers(Some("other"), TERM - Duration::from_millis(1), Decision::Wait)]
    #[case::anothers_run_out(Some("other"), TERM, Decision::Take)]
    fn a_lease_is_taken_only_when_free_or_run_out(
        #[case] holder: Option<&str>,
        #[case] age: Duration,
        #[case] expected: Decision,
    ) {
        let since = Instant::now();
        let seen = Observation {
            claim: claim(holder, "t0"),
            since,
        };
        assert_eq!(decide(Some(&seen), "me", since + age), expected);
    }

    #[test]
    fn a_missing_lease_is_made() {
        assert_eq!(decide(None, "me", Instant::now()), Decision::Create);
    }

    #[test]
    fn each_renewal_starts_the_term_anew_however_wrong_its_clock() {
        let start = Instant::now();
        let first = Observation::next(None, claim(Some("other"), "1999-01-01T00:00:00Z"), start);
        assert_eq!(decide(Some(&first), "me", start), Decision::Wait);

        let later = start + TERM - Duration::from_secs(1);
        let unchanged = Observation::next(Some(&first), first.claim.clone(), later);
        assert_eq!(unchanged.since, start);

        let renewed = Observation::next(Some(&unchanged), claim(Some("other"), "1999-01-01T00:00:02Z"), later);
        assert_eq!(decide(Some(&renewed), "me", start + TERM), Decision::Wait);
        assert_eq!(decide(Some(&renewed), "me", later + TERM), Decision::Take);
    }

    fn claim(holder: Option<&str>, renewed: &str) -> Claim {
        Claim {
            holder: holder.map(str::to_owned),
            renewed: Some(renewed.to_owned()),
            duration: TERM,
        }
    }
}
