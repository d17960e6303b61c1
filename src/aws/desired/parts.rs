//! The load balancer, its listeners and its target groups, put together from what was decided.

mod listeners;
mod target_groups;

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::ids::{SubnetId, VpcId};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{ChosenAddresses, GroupRef, LoadBalancer, ResourceName, Tags};
use crate::service::{Owner, Port};

use super::attributes;
use super::backends::Backend;
use super::names::{self, TargetGroupFacets};
use super::request::Request;
use super::tags::{self, Resource};

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

    fn target_group_name(self, listener: Port, backend: &Backend) -> ResourceName {
        let facets = TargetGroupFacets {
            listener,
            protocol: backend.protocol,
            family: backend.family,
            other: backend.other.as_ref().map(|(service, port)| (service.as_str(), *port)),
        };
        names::target_group(&self.settings.cluster, self.owner, self.name, facets)
    }

    fn tags(self, resource: Resource) -> Tags {
        tags::of_service(&self.settings.cluster, self.owner, resource, &self.request.tags)
    }
}
