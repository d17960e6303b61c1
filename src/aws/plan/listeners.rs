//! Listeners: made, changed in place, deleted after the wanted ones exist.

use super::attributes::differing;
use super::certificates;
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use super::tags;
use crate::aws::desired::attributes::listener_default;
use crate::aws::observed::ObservedListener;
use crate::aws::stack::{Attributes, Listener, ResourceName, Tags};

/// Steps for all listeners of the stack, and for those of its load balancer that are not wanted.
pub(super) fn add_steps(matching: &Matching<'_>, stages: &mut Stages) {
    for wanted in matching.stack.listeners.values() {
        match matching.listener(wanted) {
            None => create(matching, wanted, stages),
            Some(known) => change(matching, wanted, known, stages),
        }
    }
    for known in matching.unwanted_listeners() {
        let step = Step::DeleteListener {
            load_balancer: matching.stack.load_balancer.name.clone(),
            arn: known.arn.clone(),
        };
        stages.add(Stage::Unlisten, step);
    }
}

fn create(matching: &Matching<'_>, wanted: &Listener, stages: &mut Stages) {
    let step = Step::CreateListener {
        load_balancer: matching.stack.load_balancer.name.clone(),
        listener: wanted.clone(),
    };
    stages.add(Stage::Listen, step);
    certificates::add_steps(&matching.stack.load_balancer.name, wanted, None, stages);
    set_attributes(&matching.stack.load_balancer.name, wanted, &Attributes::new(), stages);
}

fn change(matching: &Matching<'_>, wanted: &Listener, known: &ObservedListener, stages: &mut Stages) {
    let load_balancer = &matching.stack.load_balancer.name;
    let spec = known.spec.as_ref();
    if spec.is_none_or(|spec| differs(wanted, spec)) {
        let step = Step::ModifyListener {
            load_balancer: load_balancer.clone(),
            arn: known.arn.clone(),
            listener: wanted.clone(),
        };
        stages.add(Stage::Listen, step);
    }
    certificates::add_steps(load_balancer, wanted, spec, stages);
    let unknown = Attributes::new();
    let attributes = spec.map_or(&unknown, |spec| &spec.attributes);
    set_attributes(load_balancer, wanted, attributes, stages);
    let resource = TaggedResource::Listener(known.arn.clone());
    match spec {
        Some(spec) => tags::add_steps(matching, &resource, &wanted.tags, &spec.tags, stages),
        // Its tags are not known, and can be remembered only when it has become ours.
        None => tags::add_missing(
            matching.stack,
            &resource,
            &wanted.tags,
            &Tags::new(),
            Stage::Complete,
            stages,
        ),
    }
}

fn set_attributes(load_balancer: &ResourceName, wanted: &Listener, observed: &Attributes, stages: &mut Stages) {
    let attributes = differing(&wanted.attributes, observed, |key| {
        listener_default(wanted.protocol, key)
    });
    if !attributes.is_empty() {
        let step = Step::ModifyListenerAttributes {
            load_balancer: load_balancer.clone(),
            port: wanted.port,
            attributes,
        };
        stages.add(Stage::Extend, step);
    }
}

/// Does it take a `ModifyListener`? A TLS policy that is not given stays as AWS has it.
fn differs(wanted: &Listener, known: &Listener) -> bool {
    wanted.protocol != known.protocol
        || wanted.action != known.action
        || wanted.certificates.first() != known.certificates.first()
        || wanted.alpn != known.alpn
        || (wanted.ssl_policy.is_some() && wanted.ssl_policy != known.ssl_policy)
}
