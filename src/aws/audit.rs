//! The drift audit: looks at AWS again in its own time, under a fixed budget of calls that does not grow with the number of
//! Services.

mod budget;
mod counters;
mod drift;
mod round;

pub use counters::{DriftCount, DriftCounters};
pub use drift::Drift;

pub(crate) use round::Audit;
