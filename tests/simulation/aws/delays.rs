//! What AWS does not do at once.

use std::time::Duration;

/// How long AWS takes. Nothing takes any time unless a test says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delays {
    /// For how long a new security group is unknown to calls that name it.
    pub(crate) new_group: Duration,
    /// For how long the name of a deleted load balancer stays taken.
    pub(crate) freed_name: Duration,
    /// For how long target groups count as used by a load balancer that was deleted.
    pub(crate) listener_end: Duration,
    /// How long writes take to reach those who read; set by [`super::State::set_read_lag`].
    pub(super) read_lag: Duration,
}
