//! Listeners.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::stack::{
    Action, AlpnPolicy, Forward, Listener, ListenerProtocol, Redirect, TargetGroupRef, WeightedTargetGroup,
};
use crate::service::Port;

use super::Parts;
use crate::aws::desired::routes::{Forwarding, Recipient, Route, RouteAction};
use crate::aws::desired::tags::{self, Extra, Resource};

impl Parts<'_> {
    /// The listeners by port.
    pub(in crate::aws::desired) fn listeners(self) -> BTreeMap<Port, Listener> {
        let routes = self.request.routes.iter();
        routes.map(|route| (route.port, self.listener(route))).collect()
    }

    fn listener(self, route: &Route) -> Listener {
        let tls = &self.request.tls;
        let secure = route.protocol.is_secure();
        let policy = || {
            tls.policy
                .clone()
                .unwrap_or_else(|| self.settings.default_ssl_policy.clone())
        };
        let mut tags = self.tags(Resource::Listener(route.port));
        if route.tuned {
            tags::remember(&mut tags, &BTreeSet::from([Extra::Attributes]));
        }
        Listener {
            port: route.port,
            protocol: route.protocol,
            action: self.action(route),
            certificates: if secure { tls.certificates.clone() } else { Vec::new() },
            ssl_policy: secure.then(policy),
            alpn: match route.protocol {
                ListenerProtocol::Tls => tls.alpn,
                _ => AlpnPolicy::None,
            },
            attributes: route.attributes.clone(),
            tags,
        }
    }

    fn action(self, route: &Route) -> Action {
        match &route.action {
            RouteAction::Redirect(port) => Action::Redirect(Redirect { port: *port }),
            RouteAction::Forward(forwarding) => Action::Forward(self.forward(route.port, forwarding)),
        }
    }

    fn forward(self, listener: Port, forwarding: &Forwarding) -> Forward {
        let target_group = |to: &Recipient| match to {
            Recipient::Own(backend) => TargetGroupRef::Own(self.target_group_name(listener, backend)),
            Recipient::Foreign(arn) => TargetGroupRef::Foreign(arn.clone()),
        };
        let shares = forwarding.shares.iter().map(|share| WeightedTargetGroup {
            target_group: target_group(&share.to),
            weight: share.weight,
        });
        Forward {
            to: shares.collect(),
            stickiness: forwarding.stickiness,
        }
    }
}
