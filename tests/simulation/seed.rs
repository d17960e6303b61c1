//! Random walks that can be walked again.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Set to `long`, tests draw so many times more.
const LENGTH: &str = "ELBOW_SIMULATION";
const LONG: u32 = 20;

/// What the short form draws from: a gate says the same of the same code. Chance is for the long form, whose finds become tests.
const SEED: u64 = 6;

/// Shall all be tried that there is to try?
pub(crate) fn is_long() -> bool {
    std::env::var(LENGTH).is_ok_and(|length| length == "long")
}

/// So many cases from one seed, many more in the long form, from a seed of the moment. A failing test prints how the very same
/// are run again.
pub(crate) fn seeded(cases: u32) -> ProptestConfig {
    let is_long = is_long();
    let config = ProptestConfig {
        cases: if is_long { cases * LONG } else { cases },
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let seed = match config.rng_seed {
        RngSeed::Fixed(given) => given,
        RngSeed::Random if !is_long => SEED,
        RngSeed::Random => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| u64::from(now.subsec_nanos())),
    };
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let length = if is_long { "ELBOW_SIMULATION=long " } else { "" };
    println!("again: {length}PROPTEST_RNG_SEED={seed} cargo test --test simulation {test}");
    ProptestConfig {
        rng_seed: RngSeed::Fixed(seed),
        ..config
    }
}

/// Runs on a clock that goes on when nobody has anything to do.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(work)
}
