//! Target groups.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::ids::InstanceId;
use crate::aws::stack::{ResourceName, Surplus, Target, TargetGroup};
use crate::service::Port;

use super::Parts;
use crate::aws::desired::backends::Backend;
use crate::aws::desired::tags::Resource;

impl Parts<'_> {
    /// The target groups by name, with the same instances in each. `of_cluster` are the instances that may leave a target
    /// group which other clusters fill too.
    pub(in crate::aws::desired) fn target_groups(
        self,
        instances: &BTreeSet<InstanceId>,
        of_cluster: &BTreeSet<InstanceId>,
    ) -> BTreeMap<ResourceName, TargetGroup> {
        let surplus = if self.request.multi_cluster {
            Surplus::LeavesFrom(of_cluster.clone())
        } else {
            Surplus::Leaves
        };
        let routes = self.request.routes.iter();
        let behind = routes.flat_map(|route| route.backends().map(|backend| (route.port, backend)));
        let groups = behind.map(|(listener, backend)| self.target_group(listener, backend, instances, &surplus));
        groups.map(|group| (group.name.clone(), group)).collect()
    }

    fn target_group(
        self,
        listener: Port,
        backend: &Backend,
        instances: &BTreeSet<InstanceId>,
        surplus: &Surplus,
    ) -> TargetGroup {
        let target = |instance: &InstanceId| Target {
            instance: instance.clone(),
            port: backend.node_port,
        };
        TargetGroup {
            name: self.target_group_name(listener, backend),
            protocol: backend.protocol,
            family: backend.family,
            port: backend.node_port,
            vpc: self.vpc.clone(),
            health_check: backend.health_check.clone(),
            attributes: backend.attributes.clone(),
            targets: instances.iter().map(target).collect(),
            surplus: surplus.clone(),
            tags: self.tags(Resource::TargetGroup(listener)),
        }
    }
}
