//! What each listener does with what it receives.

mod shares;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::aws::ids::TargetGroupArn;
use crate::aws::stack::{Attributes, ListenerProtocol};
use crate::provider::Warning;
use crate::service::Port;

use super::annotations::{ListenerRef, keys};
use super::attributes::{self, AskedOfTargetGroups};
use super::backends::{Backend, Backends};
use super::declaration::Declaration;
use super::health_check::Probes;
use super::invalid::Faults;
use super::listeners::{self, Listening};

/// A listener with its action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) port: Port,
    pub(super) protocol: ListenerProtocol,
    /// Of the listener.
    pub(super) attributes: Attributes,
    /// Did the user ask for attributes of the listener?
    pub(super) tuned: bool,
    pub(super) action: RouteAction,
}

/// What a listener does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RouteAction {
    /// Redirects to HTTPS on this port.
    Redirect(Port),
    /// Forwards.
    Forward(Forwarding),
}

/// Where a listener forwards to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forwarding {
    /// At least one.
    pub(super) shares: Vec<WeightedRecipient>,
    /// See [`crate::aws::stack::Forward::stickiness`].
    pub(super) stickiness: Option<u32>,
}

/// A target group and its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WeightedRecipient {
    pub(super) weight: u16,
    pub(super) to: Recipient,
}

/// A target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recipient {
    /// Of the stack.
    Own(Backend),
    /// Of somebody else.
    Foreign(TargetGroupArn),
}

impl Route {
    /// The stack's target groups behind it.
    pub(super) fn backends(&self) -> impl Iterator<Item = &Backend> {
        let shares: &[WeightedRecipient] = match &self.action {
            RouteAction::Redirect(_) => &[],
            RouteAction::Forward(forwarding) => &forwarding.shares,
        };
        shares.iter().filter_map(|share| match &share.to {
            Recipient::Own(backend) => Some(backend),
            Recipient::Foreign(_) => None,
        })
    }
}

/// One route for each listener, by ascending port, and what the user should know of them. `admitted` are the ports on
/// which nodes admit load balancers; none where that is the user's care.
pub(super) fn routes(
    declared: Declaration<'_>,
    admitted: Option<&RangeInclusive<u16>>,
    faults: &mut Faults,
) -> (Vec<Route>, Vec<Warning>) {
    listeners::check_tls(declared, faults);
    let listeners = listeners::listeners(declared, faults);
    check_listener_keys(declared, &listeners, faults);
    let probes = Probes::read(declared, faults);
    let asked = AskedOfTargetGroups::read(declared, faults);
    let backends = Backends {
        declared,
        probes: &probes,
        asked: &asked,
        admitted,
    };
    let route = |listener: &Listening<'_>| route(listener, backends, faults);
    let routes: Vec<_> = listeners.iter().filter_map(route).collect();
    let made: Vec<_> = routes.iter().flat_map(Route::backends).collect();
    let mut warnings = probes.warnings(&made);
    probes.check(&made, faults);
    warnings.extend(listeners::tls_warnings(declared, &listeners));
    warnings.extend(attributes::affinity_warning(declared));
    (routes, warnings)
}

fn route(listener: &Listening<'_>, backends: Backends<'_>, faults: &mut Faults) -> Option<Route> {
    let reference = (listener.protocol, listener.port);
    let asked = backends.declared.asked.tuning.listeners.get(&reference);
    let attributes = attributes::of_listener(reference, asked, faults);
    let action = match listeners::redirect(backends.declared, listener.protocol) {
        Some(port) => redirect(reference, port, backends.declared, faults),
        None => RouteAction::Forward(shares::forwarding(listener, backends, faults)?),
    };
    Some(Route {
        port: listener.port,
        protocol: listener.protocol,
        attributes,
        tuned: asked.is_some_and(|asked| !asked.is_empty()),
        action,
    })
}

fn redirect(listener: ListenerRef, port: Port, declared: Declaration<'_>, faults: &mut Faults) -> RouteAction {
    if declared.asked.actions.contains_key(&listener) {
        let why = format!("listener {}-{} redirects and forwards nothing", listener.0, listener.1);
        faults.add_conflict(&keys::ACTIONS, &keys::SSL_REDIRECT, &why);
    }
    RouteAction::Redirect(port)
}

/// Tells keys about listeners that there are not.
fn check_listener_keys(declared: Declaration<'_>, listeners: &[Listening<'_>], faults: &mut Faults) {
    let known: BTreeSet<_> = listeners
        .iter()
        .map(|listener| (listener.protocol, listener.port))
        .collect();
    let shown = |(protocol, port): &ListenerRef| format!("{protocol}-{port}");
    let asked = declared.asked;
    let tuned = asked
        .tuning
        .listeners
        .keys()
        .map(|listener| (&keys::LISTENER_ATTRIBUTES, listener));
    let shared = asked.actions.keys().map(|listener| (&keys::ACTIONS, listener));
    for (key, listener) in tuned.chain(shared).filter(|(_, listener)| !known.contains(listener)) {
        let known: Vec<_> = known.iter().map(shown).collect();
        let text = format!(
            "annotation {key}.{}: the load balancer has no such listener; it has {}",
            shown(listener),
            known.join(", ")
        );
        faults.add("InvalidAnnotation", text);
    }
}

#[cfg(test)]
mod tests;
