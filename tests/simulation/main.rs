//! The real provider on an AWS in memory: what it costs, and that it ends in the same state whatever happens on the way.
//!
//! Tests that draw by chance print their seed and the command that repeats them. With `ELBOW_SIMULATION=long` in the
//! environment they draw many times more.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its world is not as it built it"
)]

mod audit;
mod aws;
mod backend;
mod cluster;
mod controller;
mod cost;
mod crash;
mod degraded;
mod drift;
mod faults;
mod growth;
mod inspect;
mod keys;
mod kubernetes;
mod line;
mod names;
mod orphans;
mod pace;
mod preview;
mod quotas;
mod replacement;
mod scale;
mod scenarios;
mod seed;
mod targets;
mod walk;
mod world;
