//! The real provider on an AWS in memory: what it costs, and that it ends in the same state whatever happens on the way.

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
mod replacement;
mod scenarios;
mod seed;
mod targets;
mod walk;
mod world;
