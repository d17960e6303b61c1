//! Behaviour of the planner: tables of changes, and laws that hold from any state of AWS.

mod changes;
pub(crate) mod fixture;
pub(crate) mod generate;
mod laws;
mod model;
mod options;
mod replacement;
mod stands;
mod tls;
mod variety;
