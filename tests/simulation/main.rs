//! The real provider on an AWS in memory: what it costs, and that it ends in the same state whatever happens on the way.

mod audit;
mod aws;
mod backend;
mod cost;
mod crash;
mod drift;
mod names;
mod replacement;
mod targets;
mod walk;
mod world;
