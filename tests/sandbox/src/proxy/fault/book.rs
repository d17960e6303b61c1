//! The faults that are set, and what they decide for each call.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Fault, Kind};
use crate::proxy::call::Call;

/// What is decided for one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// How long it waits first.
    pub latency: Duration,
    /// What happens then, if not the usual.
    pub disruption: Option<Kind>,
}

impl Decision {
    /// The name for the log: the disruption's, else `latency_ms` where there is some.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        let latency = (!self.latency.is_zero()).then(|| Kind::LatencyMs(0).name());
        self.disruption.as_ref().map(Kind::name).or(latency)
    }
}

/// A fault with what it has seen so far.
#[derive(Clone, Debug)]
struct Armed {
    fault: Fault,
    matched: u64,
    hits: u64,
}

impl Armed {
    /// Counts the call, and tells whether it is to be hit.
    fn aims_at(&mut self, call: &Call) -> bool {
        if !self.fault.calls.include(call) {
            return false;
        }
        self.matched = self.matched.saturating_add(1);
        self.fault.nth.is_none_or(|nth| nth == self.matched)
            && self.fault.times.is_none_or(|times| self.hits < times)
            && self
                .fault
                .probability
                .is_none_or(|probability| dice(self.fault.seed, self.matched) < probability)
    }
}

/// A number in 0.0..1.0 that depends on its arguments alone (the SplitMix64 generator, at place `index` of its sequence).
#[must_use]
pub fn dice(seed: u64, index: u64) -> f64 {
    let mut bits = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    let top = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
    f64::from(top) / (f64::from(u32::MAX) + 1.0)
}

/// The fault lists: one a lane, and one (`None`) for all lanes.
#[derive(Debug, Default)]
pub struct FaultBook {
    lists: Mutex<BTreeMap<Option<String>, Vec<Armed>>>,
}

impl FaultBook {
    /// Replaces the list of a lane, or the list for all lanes.
    pub fn set(&self, lane: Option<String>, faults: Vec<Fault>) {
        let armed = faults
            .into_iter()
            .map(|fault| Armed {
                fault,
                matched: 0,
                hits: 0,
            })
            .collect();
        self.lock().insert(lane, armed);
    }

    /// Forgets the list of a lane; without a lane, every list.
    pub fn clear(&self, lane: Option<&str>) {
        self.lock().retain(|key, _| lane.is_some() && key.as_deref() != lane);
    }

    /// The faults of a lane, or those for all lanes.
    pub fn list(&self, lane: Option<&str>) -> Vec<Fault> {
        let lists = self.lock();
        let list = lists.get(&lane.map(str::to_owned));
        list.into_iter().flatten().map(|armed| armed.fault.clone()).collect()
    }

    /// Decides a call's fate: its lane's list first, then the one for all lanes.
    pub fn decide(&self, call: &Call) -> Decision {
        let mut lists = self.lock();
        let mut decision = Decision::default();
        for key in [Some(call.lane.clone()), None] {
            for armed in lists.get_mut(&key).into_iter().flatten() {
                if armed.aims_at(call) {
                    strike(armed, &mut decision);
                }
            }
        }
        decision
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Option<String>, Vec<Armed>>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn strike(armed: &mut Armed, decision: &mut Decision) {
    match &armed.fault.kind {
        Kind::LatencyMs(millis) => decision.latency += Duration::from_millis(*millis),
        _ if decision.disruption.is_some() => return,
        kind => decision.disruption = Some(kind.clone()),
    }
    armed.hits = armed.hits.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    fn hits(faults: Vec<Fault>, calls: usize) -> Vec<bool> {
        let book = FaultBook::default();
        book.set(Some("a".to_owned()), faults);
        let call = call("a", "ec2", "CreateTags");
        (0..calls).map(|_| book.decide(&call).disruption.is_some()).collect()
    }

    #[test]
    fn nth_hits_one_call_only() {
        let fault = Fault::new("*", Kind::Throttle).nth(2);
        assert_eq!(hits(vec![fault], 4), [false, true, false, false]);
    }

    #[test]
    fn times_ends_a_fault() {
        let fault = Fault::new("mutating", Kind::Throttle).times(2);
        assert_eq!(hits(vec![fault], 4), [true, true, false, false]);
    }

    #[test]
    fn probability_repeats_by_seed() {
        let run = |seed| hits(vec![Fault::new("*", Kind::Throttle).probability(0.2, seed)], 1000);
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let share = run(7).iter().filter(|hit| **hit).count();
        assert!((150..250).contains(&share), "20 % of 1000 calls, but {share}");
    }

    #[test]
    fn latencies_add_up_and_the_first_disruption_wins() {
        let book = FaultBook::default();
        book.set(
            Some("a".to_owned()),
            vec![Fault::new("*", Kind::LatencyMs(10)), Fault::new("*", Kind::LostReply)],
        );
        book.set(
            None,
            vec![Fault::new("*", Kind::LatencyMs(5)), Fault::new("*", Kind::Throttle)],
        );
        let decision = book.decide(&call("a", "ec2", "X"));
        assert_eq!(decision.latency, Duration::from_millis(15));
        assert_eq!(decision.disruption, Some(Kind::LostReply));
        assert_eq!(book.decide(&call("b", "ec2", "X")).disruption, Some(Kind::Throttle));
    }

    #[test]
    fn clearing_a_lane_leaves_the_others() {
        let book = FaultBook::default();
        for lane in [Some("a".to_owned()), Some("b".to_owned()), None] {
            book.set(lane, vec![Fault::new("*", Kind::Throttle)]);
        }
        book.clear(Some("a"));
        assert_eq!(
            (
                book.list(Some("a")).len(),
                book.list(Some("b")).len(),
                book.list(None).len()
            ),
            (0, 1, 1)
        );
        book.clear(None);
        assert_eq!((book.list(Some("b")).len(), book.list(None).len()), (0, 0));
    }
}
