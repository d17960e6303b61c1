//! The load balancer, its listeners and its target groups, put together from what was decided.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::ids::{InstanceId, SubnetId, VpcId};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{
    Action, AlpnPolicy, Attributes, ChosenAddresses, Forward, GroupRef, Listener, LoadBalancer, ResourceName, Surplus,
    Tags, Target, TargetGroup, TargetGroupRef,
};
use crate::service::{IpFamily, Owner, Port};

use super::listeners::Forwarding;
use super::request::{Request, Route};
use super::tags::{self, Resource};
use super::{attributes, names};

/// What all resources of one Service have in common.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    /// Of the load balancer.
    pub(super) name: &'a ResourceName,
    pub(super) owner: &'a Owner,
    pub(super) request: &'a Request,
    pub(super) settings: &'a AwsSettings,
    pub(super) vpc: &'a VpcId,
}

impl Parts<'_> {
    /// The load balancer; `present` are the tags that one of its name has now.
    pub(super) fn load_balancer(
        self,
        subnets: BTreeMap<SubnetId, ChosenAddresses>,
        security_groups: BTreeSet<GroupRef>,
        present: &Tags,
    ) -> LoadBalancer {
        let request = self.request;
        let mut attributes = request.attributes.clone();
        attributes::unprotected(&mut attributes, present);
        let mut tags = self.tags(Resource::LoadBalancer);
        tags::remember(&mut tags, &request.extras);
        LoadBalancer {
            name: self.name.clone(),
            explicit_name: request.name.is_some(),
            kind: request.kind,
            scheme: request.scheme,
            address_type: request.addresses.address_type,
            subnets,
            ipv6_source_nat: request.addresses.source_nat,
            security_groups,
            private_link_rules: request.private_link_rules,
            attributes,
            capacity_units: request.capacity_units,
            web_acl: request.web_acl.clone(),
            tags,
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
        names::target_group(&self.settings.cluster, self.owner, self.name, forwarding.port, protocol)
    }

    fn tags(self, resource: Resource) -> Tags {
        tags::of_service(&self.settings.cluster, self.owner, resource, &self.request.tags)
    }
}
