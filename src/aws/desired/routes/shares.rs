//! Shares of a listener's traffic: the Service's own, and those of other target groups.

use std::fmt;

use crate::aws::stack::ListenerProtocol;
use crate::service::{Port, ServicePort};

use super::super::annotations::actions::{Destination, Share, Shares};
use super::super::annotations::{BackendProtocol, PortRef, keys};
use super::super::backends::{Backends, Source};
use super::super::declaration::named;
use super::super::invalid::{Faults, quoted};
use super::super::listeners::Listening;
use super::{Forwarding, Recipient, WeightedRecipient};

/// Where a client keeps its target group and nobody says for how long: an hour, as AWS' console proposes.
const DEFAULT_STICKINESS: u32 = 3600;

/// What a listener forwards to; none if the Service itself cannot be forwarded to.
pub(super) fn forwarding(listener: &Listening<'_>, backends: Backends<'_>, faults: &mut Faults) -> Option<Forwarding> {
    let reference = (listener.protocol, listener.port);
    let own = backends.backend(reference, &own(listener, backends), faults);
    let asked = backends.declared.asked.actions.get(&reference);
    let asked = asked.filter(|shares| !shares.others.is_empty());
    let weighted = |to, weight| WeightedRecipient { weight, to };
    let Some(asked) = asked else {
        return Some(Forwarding {
            shares: vec![weighted(Recipient::Own(own?), 1)],
            stickiness: None,
        });
    };
    let mut refusals = Refusals { listener, faults };
    let mut shares = Vec::new();
    for (index, share) in asked.others.iter().enumerate() {
        if let Some(to) = refusals.recipient(index, share, backends) {
            if shares.iter().any(|known: &WeightedRecipient| known.to.is(&to)) {
                refusals.add(index, "names a target group that is there already");
            }
            shares.push(weighted(to, share.weight));
        }
    }
    let stickiness = refusals.stickiness(asked);
    shares.insert(0, weighted(Recipient::Own(own?), asked.base));
    Some(Forwarding { shares, stickiness })
}

fn own<'a>(listener: &Listening<'a>, backends: Backends<'a>) -> Source<'a> {
    Source {
        other: None,
        is_owner: true,
        port: listener.port,
        ports: listener.ports.clone(),
        all: &backends.declared.service.ports,
        tls: backends.declared.asked.tls.backend == Some(BackendProtocol::Tls),
    }
}

impl Recipient {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Own(one), Self::Own(other)) => one.other == other.other,
            (Self::Foreign(one), Self::Foreign(other)) => one == other,
            _ => false,
        }
    }
}

/// Faults of one listener's action, each with its place.
struct Refusals<'a> {
    listener: &'a Listening<'a>,
    faults: &'a mut Faults,
}

impl Refusals<'_> {
    fn add(&mut self, index: usize, why: impl fmt::Display) {
        self.tell("InvalidAnnotation", &format!("targetGroups[{index}]"), why);
    }

    fn tell(&mut self, reason: &'static str, place: &str, why: impl fmt::Display) {
        let (protocol, port) = (self.listener.protocol, self.listener.port);
        let key = &keys::ACTIONS;
        self.faults.add(
            reason,
            format!("annotation {key}.{protocol}-{port}: forwardConfig.{place}: {why}"),
        );
    }

    fn recipient(&mut self, index: usize, share: &Share, backends: Backends<'_>) -> Option<Recipient> {
        let (name, port, decrypt) = match &share.to {
            Destination::TargetGroup(arn) => return Some(Recipient::Foreign(arn.clone())),
            Destination::Service { name, port, decrypt } => (name, port, *decrypt),
        };
        if decrypt.is_some() && backends.declared.is_application() {
            self.add(index, "decrypt is for TLS listeners of network load balancers only");
        }
        let service = backends.declared.service;
        let is_owner = *name == service.owner.name;
        let all = if is_owner {
            &service.ports
        } else if let Some(ports) = service.companions.get(name) {
            ports
        } else {
            let why = format!(
                "Service {} is not in the namespace; create it, or take it out",
                quoted(name)
            );
            self.tell("BackendNotFound", &format!("targetGroups[{index}].serviceName"), why);
            return None;
        };
        let (port, ports) = self.ports(index, name, port, all)?;
        if is_owner && port == self.listener.port {
            self.add(index, "names the Service itself, whose weight is baseServiceWeight");
            return None;
        }
        let source = Source {
            other: Some(name),
            is_owner,
            port,
            ports,
            all,
            // The AWS Load Balancer Controller sends others TLS unless it is told to decrypt.
            tls: decrypt != Some(true),
        };
        let reference = (self.listener.protocol, self.listener.port);
        backends.backend(reference, &source, self.faults).map(Recipient::Own)
    }

    /// The ports of the number that is meant, as far as the listener's protocol needs them.
    fn ports<'s>(
        &mut self,
        index: usize,
        name: &str,
        reference: &PortRef,
        all: &'s [ServicePort],
    ) -> Option<(Port, Vec<&'s ServicePort>)> {
        let wanted = self.listener.ports.iter().map(|port| port.protocol).collect::<Vec<_>>();
        let number = all
            .iter()
            .find(|port| reference.means(port) && wanted.contains(&port.protocol))
            .map(|port| port.port);
        let of_number = |number| {
            all.iter()
                .filter(move |port| port.port == number && wanted.contains(&port.protocol))
        };
        let ports: Vec<_> = number.map(|number| of_number(number).collect()).unwrap_or_default();
        if ports.len() == self.listener.ports.len() {
            return Some((number?, ports));
        }
        let protocol = match self.listener.protocol {
            ListenerProtocol::Udp => "UDP port",
            ListenerProtocol::TcpUdp => "TCP and UDP port of one number",
            _ => "TCP port",
        };
        let why = format!(
            "{} is no {protocol} of Service {}, which has {}",
            quoted(&reference.to_string()),
            quoted(name),
            named(all.iter())
        );
        self.tell("BackendNotFound", &format!("targetGroups[{index}].servicePort"), why);
        None
    }

    fn stickiness(&mut self, asked: &Shares) -> Option<u32> {
        let place = "targetGroupStickinessConfig";
        let application = matches!(self.listener.protocol, ListenerProtocol::Http | ListenerProtocol::Https);
        if !asked.sticky {
            return None;
        }
        if self.listener.protocol == ListenerProtocol::Tls {
            self.tell(
                "InvalidAnnotation",
                place,
                "AWS has no such stickiness for TLS listeners",
            );
        }
        if asked.sticky_seconds.is_some() && !application {
            let why = "durationSeconds is for application load balancers only; take it out";
            self.tell("InvalidAnnotation", place, why);
        }
        Some(if application {
            asked.sticky_seconds.unwrap_or(DEFAULT_STICKINESS)
        } else {
            0
        })
    }
}
