//! What the gates look like now, for metrics.

use std::time::Duration;

use tokio::time::Instant;

use super::Pace;

/// One class of calls, as [`super::Class`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The class's name.
    pub class: &'static str,
    /// Calls that could be sent at once now.
    pub tokens: f64,
    /// Calls a second that elbow allows itself now in the long run.
    pub per_second: f64,
    /// Calls that wait now.
    pub waiting: usize,
    /// How long calls have waited in sum since the start of the process.
    pub waited: Duration,
    /// Calls that AWS has throttled all the same.
    pub throttled: u64,
}

impl Pace {
    /// The figures of each class that was asked for, in the order of their names.
    pub(crate) fn figures(&self) -> Vec<Figures> {
        let now = Instant::now();
        let mut state = self.lock();
        let figures = state.gates.iter_mut().map(|(class, gate)| {
            let (waiting, waits) = (gate.waiting(now), gate.waits());
            let bucket = gate.bucket(now);
            Figures {
                class,
                tokens: bucket.left(),
                per_second: bucket.per_second(),
                waiting,
                waited: waits.total,
                throttled: waits.throttled,
            }
        });
        let mut figures: Vec<Figures> = figures.collect();
        figures.sort_unstable_by_key(|figures| figures.class);
        figures
    }
}
