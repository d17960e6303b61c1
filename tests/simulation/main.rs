//! The real provider on an AWS in memory: what it costs, and that it ends in the same state whatever happens on the way.

mod aws;
mod cost;
mod crash;
mod world;
