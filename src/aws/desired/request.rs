//! What a Service asks for, as far as it can be judged without knowing AWS: all its faults at once.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::aws::ids::CertificateArn;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{Attributes, HealthCheck, LoadBalancerKind, ResourceName, Scheme, Tags};
use crate::provider::Warning;
use crate::service::{IpFamily, Service, SessionAffinity};

use super::annotations::{Annotations, Reference, keys};
use super::attributes::{self, Behind};
use super::health_check::{Probes, without_effect};
use super::invalid::{Faults, Invalid, quoted};
use super::listeners::{self, Forwarding};
use super::{names, source_ranges, tags};

/// A Service that can be served, if AWS has what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) kind: LoadBalancerKind,
    pub(super) scheme: Scheme,
    pub(super) name: ResourceName,
    pub(super) explicit_name: bool,
    /// Empty where they are to be found.
    pub(super) subnets: Vec<Reference>,
    /// The user's groups instead of elbow's.
    pub(super) groups: Vec<Reference>,
    /// One for each listener, by ascending port.
    pub(super) routes: Vec<Route>,
    pub(super) certificates: Vec<CertificateArn>,
    pub(super) sources: Vec<IpNet>,
    pub(super) attributes: Attributes,
    /// The user's.
    pub(super) tags: Tags,
    pub(super) node_labels: BTreeMap<String, String>,
    pub(super) warnings: Vec<Warning>,
}

/// A listener, and how its target group is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) forwarding: Forwarding,
    pub(super) health_check: HealthCheck,
    pub(super) attributes: Attributes,
}

impl Request {
    /// # Errors
    /// [`Invalid`] with all faults of annotations and fields.
    pub(super) fn read(service: &Service, settings: &AwsSettings) -> Result<Self, Invalid> {
        let mut faults = Faults::default();
        check_fields(service, &mut faults);
        let kind = kind(service, settings);
        let asked = Annotations::read(&service.annotations, kind, &mut faults);
        let forwardings = listeners::forwardings(service, &asked, &mut faults);
        if asked.security_groups.is_empty() {
            listeners::check_node_ports(&forwardings, &settings.node_ports, &mut faults);
        }
        let probes = Probes::read(service, &asked.probe, &mut faults);
        let scheme = asked.scheme.unwrap_or(settings.default_scheme);
        let generated = || names::load_balancer(&settings.cluster, &service.owner, scheme);
        let request = Self {
            kind,
            scheme,
            name: asked.name.clone().unwrap_or_else(generated),
            explicit_name: asked.name.is_some(),
            routes: routes(service, &asked, &forwardings, &probes, &mut faults),
            sources: source_ranges::source_ranges(service, &asked, &mut faults),
            attributes: attributes::of_load_balancer(&asked.attributes, &mut faults),
            tags: tags::of_user(&asked.tags, settings, &mut faults),
            warnings: warnings(service, &asked, &forwardings, &probes),
            subnets: asked.subnets,
            groups: asked.security_groups,
            certificates: asked.certificates,
            node_labels: asked.node_labels,
        };
        faults.finish().map(|()| request)
    }

    /// Does the load balancer carry elbow's groups, or the user's?
    pub(super) fn has_elbow_groups(&self) -> bool {
        self.groups.is_empty()
    }
}

/// The class decides, which never changes while the Service has a load balancer.
fn kind(service: &Service, settings: &AwsSettings) -> LoadBalancerKind {
    let class = service.class.as_ref();
    if class.is_some_and(|class| settings.alb_classes.contains(class)) {
        LoadBalancerKind::Application
    } else {
        LoadBalancerKind::Network
    }
}

fn check_fields(service: &Service, faults: &mut Faults) {
    if let Some(address) = &service.load_balancer_ip {
        let text = format!(
            "spec.loadBalancerIP {} cannot be had: AWS gives load balancers their addresses; take the field out, and use \
             the hostname in the status",
            quoted(address)
        );
        faults.add("UnsupportedField", text);
    }
    if !service.ip_families.is_empty() && !service.ip_families.contains(&IpFamily::V4) {
        let text =
            "spec.ipFamilies: the load balancer reaches the nodes over IPv4 only; allowed: IPv4 among the families";
        faults.add("UnsupportedField", text);
    }
}

fn routes(
    service: &Service,
    asked: &Annotations,
    forwardings: &[Forwarding],
    probes: &Probes,
    faults: &mut Faults,
) -> Vec<Route> {
    let wanted = attributes::asked_of_target_groups(&asked.target_group_attributes, faults);
    let mut route = |forwarding: Forwarding| {
        let protocol = forwarding.target_protocol();
        let behind = Behind {
            port: forwarding.port,
            protocol,
            tls: forwarding.is_tls(),
            client_ip_affinity: matches!(service.session_affinity, SessionAffinity::ClientIp { .. }),
        };
        let attributes = attributes::of_target_group(&wanted, behind, faults);
        Route {
            forwarding,
            health_check: probes.of(protocol),
            attributes,
        }
    };
    forwardings.iter().copied().map(&mut route).collect()
}

fn warnings(service: &Service, asked: &Annotations, forwardings: &[Forwarding], probes: &Probes) -> Vec<Warning> {
    let mut warnings = probes.warnings(forwardings.iter().map(|forwarding| forwarding.target_protocol()));
    if asked.tls_ports.is_some() && asked.certificates.is_empty() {
        let why = format!("without annotation {} no listener is TLS", keys::SSL_CERT);
        warnings.push(without_effect(&keys::SSL_PORTS, &why));
    }
    if !asked.security_groups.is_empty() && source_ranges::are_given(service, asked) {
        let message = format!(
            "source ranges have no effect beside annotation {}: the groups named there decide who may connect",
            keys::SECURITY_GROUPS
        );
        warnings.push(Warning {
            reason: "SourceRangesIgnored",
            message,
        });
    }
    warnings
}
