//! The load balancer itself: made, or changed in place.

use super::attributes::differing;
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use super::tags;
use crate::aws::desired::attributes::load_balancer_default;
use crate::aws::observed::ObservedLoadBalancer;
use crate::aws::stack::{Attributes, LoadBalancer};

/// Steps for the stack's load balancer.
pub(super) fn add_steps(matching: &Matching<'_>, stages: &mut Stages) {
    let wanted = &matching.stack.load_balancer;
    match matching.load_balancer {
        None => {
            let spec = LoadBalancer {
                security_groups: matching.security_groups(),
                ..wanted.clone()
            };
            stages.add(Stage::Connect, Step::CreateLoadBalancer(spec));
            set_attributes(wanted, &Attributes::new(), stages);
        }
        Some(known) => {
            let resource = TaggedResource::LoadBalancer(known.arn.clone());
            tags::add_steps(matching, &resource, &wanted.tags, &known.spec.tags, stages);
            set_attributes(wanted, &known.spec.attributes, stages);
            set_security_groups(matching, known, stages);
            set_subnets(wanted, known, stages);
        }
    }
}

fn set_attributes(wanted: &LoadBalancer, observed: &Attributes, stages: &mut Stages) {
    let attributes = differing(&wanted.attributes, observed, |key| {
        load_balancer_default(wanted.kind, key)
    });
    if !attributes.is_empty() {
        let load_balancer = wanted.name.clone();
        stages.add(
            Stage::Shape,
            Step::ModifyLoadBalancerAttributes {
                load_balancer,
                attributes,
            },
        );
    }
}

/// A Network Load Balancer that was made without any group can never get one (ELBv2 API reference,
/// `SetSecurityGroups`): it is left as it is, and serves without the protection of groups until it is replaced.
fn set_security_groups(matching: &Matching<'_>, known: &ObservedLoadBalancer, stages: &mut Stages) {
    let groups = matching.security_groups();
    if !known.spec.security_groups.is_empty() && groups != known.spec.security_groups {
        let load_balancer = known.spec.name.clone();
        stages.add(
            Stage::Shape,
            Step::SetSecurityGroups {
                load_balancer,
                groups,
                private_link_rules: None,
            },
        );
    }
}

fn set_subnets(wanted: &LoadBalancer, known: &ObservedLoadBalancer, stages: &mut Stages) {
    if wanted.subnets != known.spec.subnets {
        let step = Step::SetSubnets {
            load_balancer: wanted.name.clone(),
            subnets: wanted.subnets.clone(),
            address_type: None,
            ipv6_source_nat: None,
        };
        stages.add(Stage::Shape, step);
    }
}
