//! Leader election by a Lease: of all replicas, one writes.
//!
//! Safe against clocks that differ: a replica never compares the times in the Lease with its own clock. It watches the
//! Lease change, and takes it over only when it has stood unchanged for its whole duration on the replica's own monotonic
//! clock. The leader in turn counts its term from before it sent the renewal, so its term ends first; the [`Fence`] then
//! stops its writes, whatever the process is busy with.

mod decision;
mod election;
mod record;

pub use election::{Election, Lost, Times};

/// A name for this process that no other process has, though it may run under the same Pod name: a container that was
/// started anew, or two on one machine.
#[must_use]
pub fn identity(pod: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{pod}_{:016x}", RandomState::new().hash_one(std::process::id()))
}

#[cfg(doc)]
use crate::fence::Fence;

#[cfg(test)]
mod tests;
