//! Features of a load balancer that nothing else depends on. They are known only where its tags remember them.

use super::stages::{Stage, Stages};
use super::step::Step;
use crate::aws::stack::LoadBalancer;

/// Steps for the capacity and the web ACL; `known` is the load balancer before the plan.
pub(super) fn add_steps(wanted: &LoadBalancer, known: Option<&LoadBalancer>, stages: &mut Stages) {
    let load_balancer = || wanted.name.clone();
    if wanted.capacity_units != known.map_or(0, |known| known.capacity_units) {
        let step = Step::ModifyCapacity {
            load_balancer: load_balancer(),
            units: wanted.capacity_units,
        };
        stages.add(Stage::Extend, step);
    }
    let present = known.and_then(|known| known.web_acl.as_ref());
    match &wanted.web_acl {
        Some(web_acl) if present != Some(web_acl) => {
            let step = Step::AssociateWebAcl {
                load_balancer: load_balancer(),
                web_acl: web_acl.clone(),
            };
            stages.add(Stage::Extend, step);
        }
        None if present.is_some() => {
            let load_balancer = load_balancer();
            stages.add(Stage::Extend, Step::DisassociateWebAcl { load_balancer });
        }
        _ => {}
    }
}
