//! Attributes of target groups.

mod combinations;

use std::collections::BTreeMap;

use crate::aws::stack::{Attributes, ListenerProtocol, TargetProtocol};
use crate::provider::Warning;
use crate::service::{Port, SessionAffinity};

use super::super::annotations::{PortChoice, PortRef, keys};
use super::super::declaration::{Declaration, named};
use super::super::invalid::Faults;
use super::table::{APPLICATION_TARGET_GROUP, NETWORK_TARGET_GROUP, Row, TARGET_GROUP};
use super::{CROSS_ZONE, checked, defaults};

/// Do targets see the client's address?
pub(in crate::aws::desired) const PRESERVE_CLIENT_IP: &str = "preserve_client_ip.enabled";
const PROXY_PROTOCOL: &str = "proxy_protocol_v2.enabled";
const STICKINESS: &str = "stickiness.enabled";
const STICKINESS_TYPE: &str = "stickiness.type";
const COOKIE_SECONDS: &str = "stickiness.lb_cookie.duration_seconds";

/// AWS' default of an attribute of a target group of instances; none if it is not known.
#[must_use]
pub fn target_group_default(protocol: TargetProtocol, key: &str) -> Option<&'static str> {
    let application = matches!(protocol, TargetProtocol::Http(_) | TargetProtocol::Https(_));
    rows(application).find(|row| row.key == key)?.default_for(protocol)
}

fn rows(application: bool) -> impl Iterator<Item = &'static Row> + Clone {
    let of_kind = if application {
        APPLICATION_TARGET_GROUP
    } else {
        NETWORK_TARGET_GROUP
    };
    TARGET_GROUP.iter().chain(of_kind)
}

/// What annotations ask of target groups, checked for what does not depend on a single one.
pub(in crate::aws::desired) struct AskedOfTargetGroups {
    all: Attributes,
    /// Over those for all ports.
    by_port: BTreeMap<Port, Attributes>,
    /// By port number, where it is said.
    proxy_protocol: BTreeMap<Port, bool>,
    /// Is it said of the load balancer whether it sends traffic to other zones?
    zones: bool,
}

/// A target group as far as its attributes depend on it.
#[derive(Clone, Copy)]
pub(in crate::aws::desired) struct Behind {
    /// Of the listener.
    pub(in crate::aws::desired) port: Port,
    pub(in crate::aws::desired) listener: ListenerProtocol,
    pub(in crate::aws::desired) protocol: TargetProtocol,
    /// `spec.sessionAffinity`; annotations win.
    pub(in crate::aws::desired) affinity: SessionAffinity,
}

impl AskedOfTargetGroups {
    pub(in crate::aws::desired) fn read(declared: Declaration<'_>, faults: &mut Faults) -> Self {
        let tuning = &declared.asked.tuning;
        let table = rows(declared.is_application());
        let key = &keys::TARGET_GROUP_ATTRIBUTES;
        let all = checked(&tuning.target_groups, table.clone(), |pair, why| {
            faults.add_value(key, pair, why)
        });
        let key = &keys::PORT_TARGET_GROUP_ATTRIBUTES;
        let mut by_port = BTreeMap::new();
        for (port, asked) in &tuning.target_groups_by_port {
            let refuse = |pair: &str, why: &str| faults.add_value_at(key, port, pair, why);
            by_port.insert(*port, checked(asked, table.clone(), refuse));
            check_port(declared, *port, faults);
        }
        Self {
            all,
            by_port,
            proxy_protocol: proxy_protocol(declared, faults),
            zones: declared.asked.features.mentions(CROSS_ZONE),
        }
    }

    /// All attributes of one target group.
    pub(in crate::aws::desired) fn of_target_group(&self, behind: Behind, faults: &mut Faults) -> Attributes {
        let mut attributes = defaults(rows(behind.is_application()), |row| row.default_for(behind.protocol));
        let mut asked = self.all.clone();
        asked.extend(self.by_port.get(&behind.port).cloned().unwrap_or_default());
        if asked.get(STICKINESS).is_none_or(|enabled| enabled == "true") {
            attributes.extend(self.affinity(behind));
        }
        attributes.extend(asked);
        if let Some(enabled) = self.proxy_protocol.get(&behind.port) {
            attributes.insert(PROXY_PROTOCOL.into(), enabled.to_string());
        }
        self.refuse_combinations(&attributes, behind, faults);
        if combinations::terminates_unhealthy(&attributes) {
            // AWS lets it be set only where connections to unhealthy targets are kept.
            attributes.remove(combinations::UNHEALTHY_DRAINING);
        }
        attributes
    }

    /// What `spec.sessionAffinity` asks for.
    ///
    /// A Network Load Balancer has an address in each zone, and clients take any of them. Each sends to its own zone's targets
    /// unless traffic may cross zones, so without that a client would have a target for each address.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html>
    fn affinity(&self, behind: Behind) -> Attributes {
        let SessionAffinity::ClientIp { seconds } = behind.affinity else {
            return Attributes::new();
        };
        let mut attributes = Attributes::from([(STICKINESS.into(), "true".into())]);
        if behind.is_application() {
            attributes.insert(COOKIE_SECONDS.into(), seconds.to_string());
        } else if !self.zones {
            attributes.insert(CROSS_ZONE.into(), "true".into());
        }
        attributes
    }
}

impl Behind {
    fn is_application(self) -> bool {
        matches!(self.listener, ListenerProtocol::Http | ListenerProtocol::Https)
    }
}

fn check_port(declared: Declaration<'_>, port: Port, faults: &mut Faults) {
    let ports = &declared.service.ports;
    if !ports.iter().any(|known| known.port == port) {
        let numbers: Vec<_> = ports.iter().map(|known| known.port.to_string()).collect();
        let key = &keys::PORT_TARGET_GROUP_ATTRIBUTES;
        let text = format!(
            "annotation {key}.{port}: the Service has no such port; it has {}",
            numbers.join(", ")
        );
        faults.add("InvalidAnnotation", text);
    }
}

/// The ports whose targets are sent the proxy protocol, and those whose targets are not; empty where nothing is said.
fn proxy_protocol(declared: Declaration<'_>, faults: &mut Faults) -> BTreeMap<Port, bool> {
    let Some(choice) = &declared.asked.tuning.proxy_protocol else {
        return BTreeMap::new();
    };
    let ports = &declared.service.ports;
    let refs: &[PortRef] = match choice {
        PortChoice::All => &[],
        PortChoice::Some(refs) => refs,
    };
    for reference in refs
        .iter()
        .filter(|reference| !ports.iter().any(|port| reference.means(port)))
    {
        let why = format!("is no port of the Service, which has {}", named(ports.iter()));
        faults.add_value(&keys::PROXY_PROTOCOL_PORTS, &reference.to_string(), &why);
    }
    let mut enabled = BTreeMap::new();
    for port in ports {
        let listed = *choice == PortChoice::All || refs.iter().any(|reference| reference.means(port));
        // A TCP and a UDP port of one number share a target group, and may have a name each.
        *enabled.entry(port.port).or_insert(false) |= listed;
    }
    enabled
}

/// An application load balancer does not look at addresses.
pub(in crate::aws::desired) fn affinity_warning(declared: Declaration<'_>) -> Option<Warning> {
    let asked = declared.service.session_affinity != SessionAffinity::None && declared.is_application();
    asked.then(|| Warning {
        reason: "SessionAffinityByCookie",
        message: "spec.sessionAffinity ClientIP: an Application Load Balancer tells clients by a cookie (lb_cookie stickiness) \
                  instead of their address; clients that keep no cookies are spread freely"
            .into(),
    })
}
