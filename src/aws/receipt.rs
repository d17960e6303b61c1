//! PURE. What was left in AWS, in one line that outlives the process, and what may be presumed where that line still holds.
//!
//! A snapshot of AWS shows resources without the details that take a call for each: listeners, attributes, targets. Where
//! the receipt says that all was as in this very stack when elbow left it, and nothing that the snapshot shows is otherwise,
//! the details are presumed to be as they were left. The audit reads them in its own time.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::observed::{Observed, ObservedListener, ObservedLoadBalancer, ObservedTargetGroup};
use crate::aws::plan::{Replaced, plan};
use crate::aws::stack::{Listener, LoadBalancer, Stack, Surplus, TargetGroup};
use crate::service::Receipt;

/// Begins every receipt. To be changed with the meaning of a stack: then all receipts of before are void.
const FORMAT: &str = "v1";

/// What is digested: a stack, and the resources that it has become. One that was made anew by hand under the same name is
/// another.
#[derive(Serialize)]
struct Left<'a> {
    stack: &'a Stack,
    load_balancers: BTreeSet<&'a LoadBalancerArn>,
    target_groups: BTreeSet<&'a TargetGroupArn>,
    security_groups: BTreeSet<&'a SecurityGroupId>,
}

/// The receipt for a stack that stands, as far as `observed` knows, with nothing left to do or to wait for. None where
/// something is left, and where others register targets too: what they do there is no business of a receipt.
pub(crate) fn receipt(stack: &Stack, observed: &Observed) -> Option<Receipt> {
    let shared = |group: &TargetGroup| group.surplus != Surplus::Leaves;
    let stands = !stack.target_groups.values().any(shared) && is_settled(stack, observed);
    stands.then(|| digest(stack, observed))
}

/// What a snapshot shows, with the details that the stack has. None where the receipt is for something else, or what is
/// shown is not as in the stack.
pub(crate) fn presumed(stack: &Stack, shown: &Observed, receipt: &Receipt) -> Option<Observed> {
    if digest(stack, shown) != *receipt {
        return None;
    }
    let presumed = Observed {
        load_balancers: shown.load_balancers.iter().map(|l| load_balancer(stack, l)).collect(),
        target_groups: shown.target_groups.iter().map(|t| target_group(stack, t)).collect(),
        security_groups: shown.security_groups.clone(),
    };
    is_settled(stack, &presumed).then_some(presumed)
}

fn is_settled(stack: &Stack, observed: &Observed) -> bool {
    plan(stack, observed, Replaced::Remove).is_empty()
}

fn digest(stack: &Stack, observed: &Observed) -> Receipt {
    let left = Left {
        stack,
        load_balancers: observed.load_balancers.iter().map(|known| &known.arn).collect(),
        target_groups: observed.target_groups.iter().map(|known| &known.arn).collect(),
        security_groups: observed.security_groups.iter().map(|known| &known.id).collect(),
    };
    let text = serde_json::to_vec(&left).expect("all keys of a stack's maps are strings or numbers");
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    Receipt(format!("{FORMAT}:{hex}"))
}

fn load_balancer(stack: &Stack, shown: &ObservedLoadBalancer) -> ObservedLoadBalancer {
    let wanted = &stack.load_balancer;
    if wanted.name != shown.spec.name {
        return shown.clone();
    }
    ObservedLoadBalancer {
        spec: LoadBalancer {
            attributes: wanted.attributes.clone(),
            capacity_units: wanted.capacity_units,
            web_acl: wanted.web_acl.clone(),
            ..shown.spec.clone()
        },
        listeners: stack.listeners.values().map(listener).collect(),
        ..shown.clone()
    }
}

/// Its ARN is not shown by a snapshot: the port stands for it.
fn listener(wanted: &Listener) -> ObservedListener {
    ObservedListener {
        arn: ListenerArn::new(wanted.port.to_string()),
        spec: Some(wanted.clone()),
        port: wanted.port,
    }
}

fn target_group(stack: &Stack, shown: &ObservedTargetGroup) -> ObservedTargetGroup {
    let Some(wanted) = stack.target_groups.get(&shown.spec.name) else {
        return shown.clone();
    };
    ObservedTargetGroup {
        arn: shown.arn.clone(),
        spec: TargetGroup {
            attributes: wanted.attributes.clone(),
            targets: wanted.targets.clone(),
            ..shown.spec.clone()
        },
    }
}

#[cfg(test)]
mod tests;
