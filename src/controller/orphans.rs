//! Orphans: what the cloud still holds for Services that live no more, such as after a finalizer was taken off by force.

mod cause;
mod sweep;
mod watchlist;

pub use cause::{Cause, Living};
pub use sweep::{Policy, find, sweep};
pub use watchlist::Watchlist;
