//! What frontends, backends and servers are called: by the names that users know them by.

use crate::data_plane::model::{Listener, LoadBalancer, TargetGroup, Zone};

/// The frontend of a listener in one zone.
pub(super) fn frontend(balancer: &LoadBalancer, zone: &Zone, listener: &Listener) -> String {
    format!("{}.{}.{}", balancer.name, zone.name, listener.port)
}

/// The backend of a target group behind one zone of a load balancer.
pub(super) fn backend(balancer: &LoadBalancer, zone: &Zone, group: &TargetGroup) -> String {
    format!("{}.{}.{}", balancer.name, zone.name, group.name)
}
