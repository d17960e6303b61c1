//! The load balancer, its listeners and its target groups, put together from what was decided.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::api::SubnetDescription;
use crate::aws::ids::{InstanceId, VpcId};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{
    Action, AddressType, AlpnPolicy, Attributes, ChosenAddresses, Forward, GroupRef, Listener, LoadBalancer,
    ResourceName, Surplus, Tags, Target, TargetGroup, TargetGroupRef,
};
use crate::service::{IpFamily, Owner, Port};

use super::listeners::Forwarding;
use super::names;
use super::request::{Request, Route};
use super::tags::{self, Resource};

/// What all resources of one Service have in common.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) owner: &'a Owner,
    pub(super) request: &'a Request,
    pub(super) settings: &'a AwsSettings,
    pub(super) vpc: &'a VpcId,
}

impl Parts<'_> {
    /// The load balancer.
    pub(super) fn load_balancer(
        self,
        subnets: &[&SubnetDescription],
        security_groups: BTreeSet<GroupRef>,
    ) -> LoadBalancer {
        LoadBalancer {
            name: self.request.name.clone(),
            explicit_name: self.request.explicit_name,
            kind: self.request.kind,
            scheme: self.request.scheme,
            address_type: AddressType::Ipv4,
            subnets: subnets
                .iter()
                .map(|subnet| (subnet.id.clone(), ChosenAddresses::default()))
                .collect(),
            ipv6_source_nat: false,
            security_groups,
            private_link_rules: true,
            attributes: self.request.attributes.clone(),
            capacity_units: 0,
            web_acl: None,
            tags: self.tags(Resource::LoadBalancer),
        }
    }

    /// Its listeners by port.
    pub(super) fn listeners(self) -> BTreeMap<Port, Listener> {
        self.request
            .routes
            .iter()
            .map(|route| (route.forwarding.port, self.listener(route.forwarding)))
            .collect()
    }

    /// Its target groups by name, with the same instances in each.
    pub(super) fn target_groups(self, instances: &BTreeSet<InstanceId>) -> BTreeMap<ResourceName, TargetGroup> {
        let groups = self
            .request
            .routes
            .iter()
            .map(|route| self.target_group(route, instances));
        groups.map(|group| (group.name.clone(), group)).collect()
    }

    fn listener(self, forwarding: Forwarding) -> Listener {
        let tls = forwarding.is_tls();
        Listener {
            port: forwarding.port,
            protocol: forwarding.protocol,
            action: Action::Forward(Forward::to_one(TargetGroupRef::Own(self.target_group_name(forwarding)))),
            certificates: if tls {
                self.request.certificates.clone()
            } else {
                Vec::new()
            },
            ssl_policy: tls.then(|| self.settings.default_ssl_policy.clone()),
            alpn: AlpnPolicy::None,
            attributes: Attributes::new(),
            tags: self.tags(Resource::Listener(forwarding.port)),
        }
    }

    fn target_group(self, route: &Route, instances: &BTreeSet<InstanceId>) -> TargetGroup {
        let forwarding = route.forwarding;
        let target = |instance: &InstanceId| Target {
            instance: instance.clone(),
            port: forwarding.node_port,
        };
        TargetGroup {
            name: self.target_group_name(forwarding),
            protocol: forwarding.target_protocol(),
            family: IpFamily::V4,
            port: forwarding.node_port,
            vpc: self.vpc.clone(),
            health_check: route.health_check.clone(),
            attributes: route.attributes.clone(),
            targets: instances.iter().map(target).collect(),
            surplus: Surplus::Leaves,
            tags: self.tags(Resource::TargetGroup(forwarding.port)),
        }
    }

    fn target_group_name(self, forwarding: Forwarding) -> ResourceName {
        let protocol = forwarding.target_protocol();
        names::target_group(
            &self.settings.cluster,
            self.owner,
            &self.request.name,
            forwarding.port,
            protocol,
        )
    }

    fn tags(self, resource: Resource) -> Tags {
        tags::of_service(&self.settings.cluster, self.owner, resource, &self.request.tags)
    }
}
