//! Chance that can be had again.

use elbow_sandbox::proxy::fault::dice;

/// The seed of one test, from which all its chance comes.
pub(super) struct Seed(pub(super) u64);

impl Seed {
    /// The one of `ELBOW_CHAOS_SEED`, else a new one; a failing test prints it.
    pub(super) fn new() -> Self {
        let given = std::env::var("ELBOW_CHAOS_SEED").ok();
        let seed = given.map_or_else(|| u64::from(crate::scenario::unique()), |given| given.parse().unwrap());
        println!("to have the same faults again: ELBOW_CHAOS_SEED={seed} and the name of this test");
        Self(seed)
    }

    /// The `index`-th number of this seed's sequence, between `low` and `high`.
    pub(super) fn between(&self, low: f64, high: f64, index: u64) -> f64 {
        low + (high - low) * dice(self.0, index)
    }
}
