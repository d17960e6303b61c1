//! What a Service asks for, as far as it can be judged without knowing AWS: all its faults at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::ids::WebAclArn;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{Attributes, ListenerProtocol, LoadBalancerKind, ResourceName, Scheme, Tags};
use crate::provider::Warning;
use crate::service::Service;

use super::addresses;
use super::annotations::{Addresses, Annotations, Reference, Tls, keys};
use super::attributes::{self, PRESERVE_CLIENT_IP};
use super::backends::Backend;
use super::declaration::Declaration;
use super::invalid::{Faults, Invalid, quoted};
use super::routes::{self, Route};
use super::security_groups::Groups;
use super::source_ranges::Clients;
use super::tags::{self, Extra};

/// A Service that can be served, if AWS has what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) kind: LoadBalancerKind,
    pub(super) scheme: Scheme,
    /// The user's; none where it is to be generated.
    pub(super) name: Option<ResourceName>,
    /// Empty where they are to be found.
    pub(super) subnets: Vec<Reference>,
    pub(super) addresses: Addresses,
    pub(super) groups: Groups,
    pub(super) clients: Clients,
    pub(super) private_link_rules: bool,
    /// One for each listener, by ascending port.
    pub(super) routes: Vec<Route>,
    pub(super) tls: Tls,
    /// Do other clusters register nodes in the same target groups?
    pub(super) multi_cluster: bool,
    pub(super) attributes: Attributes,
    pub(super) capacity_units: u32,
    pub(super) web_acl: Option<WebAclArn>,
    /// Of the load balancer.
    pub(super) extras: BTreeSet<Extra>,
    /// The user's.
    pub(super) tags: Tags,
    pub(super) node_labels: BTreeMap<String, String>,
    pub(super) warnings: Vec<Warning>,
}

impl Request {
    /// # Errors
    /// [`Invalid`] with all faults of annotations and fields.
    pub(super) fn read(service: &Service, settings: &AwsSettings) -> Result<Self, Invalid> {
        let mut faults = Faults::default();
        check_fields(service, &mut faults);
        let kind = kind(service, settings);
        let asked = Annotations::read(&service.annotations, kind, &mut faults);
        let groups = Groups::read(&asked.groups, settings, &mut faults);
        let admitted = groups.has_backend().then_some(&settings.node_ports);
        let declared = Declaration {
            service,
            asked: &asked,
            kind,
        };
        let (routes, mut warnings) = routes::routes(declared, admitted, &mut faults);
        let scheme = asked.scheme.unwrap_or(settings.default_scheme);
        addresses::check(service, &asked.addresses, kind, scheme, &mut faults);
        check_capacity(&asked, &routes, &mut faults);
        let attributes = attributes::of_load_balancer(kind, &asked.features, &mut faults);
        let clients = Clients::read(service, &asked.groups, asked.addresses.address_type, &mut faults);
        warnings.extend(groups.warnings(&asked.groups));
        warnings.extend(ranges_ignored(&groups, &clients, &routes));
        let request = Self {
            kind,
            scheme,
            extras: attributes::extras(&attributes, &asked.features),
            tags: tags::of_user(&asked.tags, settings, &mut faults),
            private_link_rules: asked.groups.private_link_rules.unwrap_or(true) || groups == Groups::Nobody,
            capacity_units: asked.features.capacity_units,
            web_acl: asked.features.web_acl,
            name: asked.name,
            subnets: asked.subnets,
            addresses: asked.addresses,
            groups,
            clients,
            routes,
            attributes,
            warnings,
            tls: asked.tls,
            multi_cluster: asked.multi_cluster,
            node_labels: asked.node_labels,
        };
        faults.finish().map(|()| request)
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
}

/// Source ranges that hold nobody back.
fn ranges_ignored(groups: &Groups, clients: &Clients, routes: &[Route]) -> Option<Warning> {
    let hidden = |backend: &Backend| {
        backend
            .attributes
            .get(PRESERVE_CLIENT_IP)
            .is_some_and(|kept| kept == "false")
    };
    let why = match groups {
        Groups::Named { .. } => format!(
            "beside annotation {}: the groups named there decide who may connect",
            keys::SECURITY_GROUPS
        ),
        Groups::Nobody if routes.iter().flat_map(Route::backends).any(hidden) => format!(
            "with annotation {} on ports whose targets do not see the client's address ({PRESERVE_CLIENT_IP}=false)",
            keys::DISABLE_SECURITY_GROUPS
        ),
        Groups::Elbow | Groups::Nobody => return None,
    };
    clients.are_given.then(|| Warning {
        reason: "SourceRangesIgnored",
        message: format!("source ranges have no effect {why}"),
    })
}

/// Elastic Load Balancing user guide, capacity unit reservation of Network Load Balancers.
fn check_capacity(asked: &Annotations, routes: &[Route], faults: &mut Faults) {
    let tls = routes.iter().any(|route| route.protocol == ListenerProtocol::Tls);
    if tls && asked.features.capacity_units > 0 {
        let why = "AWS reserves no capacity for a network load balancer with TLS listeners; take one of them out";
        faults.add_conflict(&keys::CAPACITY, &keys::SSL_CERT, why);
    }
}
