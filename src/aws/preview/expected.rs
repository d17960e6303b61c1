//! What AWS would hold once a plan was done.

use super::unknown;
use crate::aws::api::CreatedLoadBalancer;
use crate::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::observed::{Observed, Outcome};
use crate::aws::plan::Plan;
use crate::aws::plan::step::Step;

/// `observed` after the plan, where every step succeeds.
pub(super) fn after(observed: &Observed, plan: &Plan) -> Observed {
    let mut after = observed.clone();
    for step in plan.steps() {
        after.record(step, &outcome(step));
    }
    after
}

/// AWS' answer to a step, with what only AWS can tell left unknown.
fn outcome(step: &Step) -> Outcome {
    match step {
        Step::CreateSecurityGroup(group) => Outcome::SecurityGroup(SecurityGroupId::new(unknown(&group.name))),
        Step::CreateTargetGroup(group) => Outcome::TargetGroup(TargetGroupArn::new(unknown(&group.name))),
        Step::CreateLoadBalancer(wanted) => Outcome::LoadBalancer(CreatedLoadBalancer {
            arn: LoadBalancerArn::new(unknown(&wanted.name)),
            dns_name: unknown(&wanted.name),
            active: false,
        }),
        Step::CreateListener {
            load_balancer,
            listener,
        } => {
            let name = format!("{load_balancer}:{}", listener.port);
            Outcome::Listener(ListenerArn::new(unknown(&name)))
        }
        _ => Outcome::Done,
    }
}
