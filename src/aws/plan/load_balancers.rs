//! The load balancer itself: made, or changed in place.

use super::attributes::differing;
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use super::{addresses, extras, tags};
use crate::aws::desired::attributes::load_balancer_default;
use crate::aws::observed::ObservedLoadBalancer;
use crate::aws::stack::{Attributes, LoadBalancer, LoadBalancerKind};

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
            if !wanted.private_link_rules && !wanted.security_groups.is_empty() {
                // `CreateLoadBalancer` has no such parameter.
                add_groups(matching, Some(false), stages);
            }
        }
        Some(known) => {
            let resource = TaggedResource::LoadBalancer(known.arn.clone());
            tags::add_steps(matching, &resource, &wanted.tags, &known.spec.tags, stages);
            set_attributes(wanted, &known.spec.attributes, stages);
            set_security_groups(matching, known, stages);
            addresses::add_steps(matching, known, stages);
        }
    }
    extras::add_steps(wanted, matching.load_balancer.map(|known| &known.spec), stages);
}

fn set_attributes(wanted: &LoadBalancer, observed: &Attributes, stages: &mut Stages) {
    let default = |key: &str| load_balancer_default(wanted.kind, key);
    let attributes = differing(&wanted.attributes, observed, default);
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

/// A Network Load Balancer that was made without any group can never get one, nor lose its last (ELBv2 API reference,
/// `SetSecurityGroups`): it is left as it is until it is replaced.
fn set_security_groups(matching: &Matching<'_>, known: &ObservedLoadBalancer, stages: &mut Stages) {
    let (wanted, known) = (&matching.stack.load_balancer, &known.spec);
    let is_without = |spec: &LoadBalancer| spec.security_groups.is_empty();
    if wanted.kind == LoadBalancerKind::Network && (is_without(wanted) || is_without(known)) {
        return;
    }
    let differs = wanted.private_link_rules != known.private_link_rules;
    if differs || matching.security_groups() != known.security_groups {
        add_groups(matching, differs.then_some(wanted.private_link_rules), stages);
    }
}

fn add_groups(matching: &Matching<'_>, private_link_rules: Option<bool>, stages: &mut Stages) {
    let step = Step::SetSecurityGroups {
        load_balancer: matching.stack.load_balancer.name.clone(),
        groups: matching.security_groups(),
        private_link_rules,
    };
    stages.add(Stage::Shape, step);
}
