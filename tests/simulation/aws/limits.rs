//! The rates at which AWS takes calls, as its documentation has them ("Request throttling for the Elastic Load Balancing
//! API", "Request throttling for the Amazon EC2 API"), written down here a second time: a wrong figure of elbow's shows.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::Fault;

/// How many calls AWS takes. All of them where nothing is said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    buckets: Option<BTreeMap<&'static str, Bucket>>,
    /// Calls out of a hundred that AWS throttles whatever their rate, and the state of the dice for that.
    chance: Option<(u64, u64)>,
    /// Other rates than those of the documentation, by name of the bucket.
    changed: BTreeMap<&'static str, (f64, f64)>,
    /// Calls that were throttled.
    pub(crate) throttled: Vec<&'static str>,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// What sums of fractions of a second may fall short of a whole token.
const ROUNDING: f64 = 1e-3;

impl Limits {
    /// AWS's own, with full buckets.
    pub(crate) fn published() -> Self {
        Self {
            buckets: Some(BTreeMap::new()),
            ..Self::default()
        }
    }

    /// These too, but another size and refill a second of this bucket.
    pub(crate) fn with(mut self, bucket: &'static str, burst: f64, per_second: f64) -> Self {
        self.changed.insert(bucket, (burst, per_second));
        self
    }

    /// So many calls out of a hundred are throttled.
    pub(crate) fn by_chance(percent: u64, seed: u64) -> Self {
        Self {
            chance: Some((percent, seed)),
            ..Self::default()
        }
    }

    pub(super) fn refuse(&mut self, action: &'static str) -> Option<Fault> {
        if self.is_over(action) || self.is_unlucky() {
            self.throttled.push(action);
            return Some(Fault::Refuse("ThrottlingException"));
        }
        None
    }

    fn is_over(&mut self, action: &'static str) -> bool {
        let (name, burst, per_second) = bucket_of(action);
        let (burst, per_second) = *self.changed.get(name).unwrap_or(&(burst, per_second));
        let Some(buckets) = &mut self.buckets else { return false };
        let now = Instant::now();
        let bucket = buckets.entry(name).or_insert(Bucket {
            tokens: burst,
            filled: now,
        });
        let back = (now - bucket.filled).as_secs_f64() * per_second;
        bucket.tokens = (bucket.tokens + back).min(burst);
        bucket.filled = now;
        if bucket.tokens + ROUNDING < 1.0 {
            return true;
        }
        bucket.tokens -= 1.0;
        false
    }

    fn is_unlucky(&mut self) -> bool {
        let Some((percent, dice)) = &mut self.chance else {
            return false;
        };
        // xorshift64: the same seed gives the same run.
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        *dice % 100 < *percent
    }
}

/// The bucket of a call, what it holds and what comes back each second. EC2 has one for each API.
fn bucket_of(action: &'static str) -> (&'static str, f64, f64) {
    match action.split_once(':') {
        Some(("ec2", api)) if api.starts_with("Describe") => (action, 100.0, 20.0),
        Some(("ec2", "CreateTags" | "DeleteTags")) => (action, 100.0, 10.0),
        Some(("ec2", _)) => (action, 50.0, 5.0),
        Some((_, api)) if api.starts_with("Describe") => ("non-mutating", 200.0, 50.0),
        Some((_, "RegisterTargets" | "DeregisterTargets")) => ("registration", 20.0, 4.0),
        Some((_, "CreateLoadBalancer" | "SetSubnets")) => ("resource-intensive", 10.0, 0.2),
        _ => ("mutating", 20.0, 3.0),
    }
}
