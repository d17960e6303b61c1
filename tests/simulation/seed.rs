//! Random walks that can be walked again.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// So many cases from one seed, which a failing test prints; `PROPTEST_RNG_SEED` walks it again.
pub(crate) fn seeded(cases: u32) -> ProptestConfig {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let seed = match config.rng_seed {
        RngSeed::Fixed(given) => given,
        RngSeed::Random => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| u64::from(now.subsec_nanos())),
    };
    println!("walk it again with PROPTEST_RNG_SEED={seed} and the name of this test");
    ProptestConfig {
        rng_seed: RngSeed::Fixed(seed),
        ..config
    }
}
