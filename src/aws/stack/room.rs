//! How many targets fit into the target groups of a stack.

use std::collections::BTreeMap;

use crate::aws::ids::InstanceId;

/// What each target group of a load balancer may hold at any moment, also while targets come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Targets of one target group.
    pub each: usize,
    /// Of these in one zone; none where zones do not count.
    pub each_in_zone: Option<usize>,
    /// Zones of instances, as far as they are known. One of unknown zone may be in any.
    pub zones: BTreeMap<InstanceId, String>,
}
