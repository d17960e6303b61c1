//! ELBv2: what a listener may do, and which target groups it may lead to.

use elbow::aws::api::{ActionSettings, ListenerSettings};
use elbow::aws::ids::{LoadBalancerArn, TargetGroupArn};
use elbow::aws::stack::{HttpVersion, ListenerProtocol, LoadBalancerKind, TargetProtocol};

use super::addresses::{check_family, check_udp};
use super::{Answer, Listener, LoadBalancer, State, require};

const CONFIGURATION: &str = "InvalidConfigurationRequest";

impl State {
    pub(super) fn check_action(&mut self, arn: &LoadBalancerArn, wanted: &ListenerSettings) -> Answer<()> {
        let load_balancer = self.load_balancer_mut(arn)?.clone();
        let http = matches!(wanted.protocol, ListenerProtocol::Http | ListenerProtocol::Https);
        let application = load_balancer.kind == LoadBalancerKind::Application;
        require(
            http == application,
            "UnsupportedProtocol",
            "not a protocol of this kind of load balancer",
        )?;
        check_udp(&load_balancer, wanted.protocol)?;
        match &wanted.action {
            ActionSettings::Redirect(redirect) => require(
                http && (wanted.protocol == ListenerProtocol::Http || redirect.port != wanted.port),
                CONFIGURATION,
                "a redirect needs HTTP, and leads elsewhere",
            ),
            ActionSettings::Forward { to, stickiness } => {
                require(
                    (1..=5).contains(&to.len()),
                    "TooManyTargetGroups",
                    "1 to 5 target groups",
                )?;
                let weights = to.values().all(|weight| *weight <= 999);
                let duration = stickiness.is_none_or(|seconds| match application {
                    true => (1..=604_800).contains(&seconds),
                    false => seconds == 0 && wanted.protocol != ListenerProtocol::Tls,
                });
                require(
                    weights && duration,
                    "ValidationError",
                    "a weight or duration out of range",
                )?;
                to.keys()
                    .try_for_each(|group| self.check_forward(arn, &load_balancer, wanted.protocol, group))
            }
        }
    }

    fn check_forward(
        &mut self,
        arn: &LoadBalancerArn,
        load_balancer: &LoadBalancer,
        protocol: ListenerProtocol,
        target_group: &TargetGroupArn,
    ) -> Answer<()> {
        let settings = self.target_group_mut(target_group)?.settings.clone();
        require(
            fits(protocol, settings.protocol),
            "IncompatibleProtocols",
            "protocols of listener and target group differ",
        )?;
        check_family(load_balancer, settings.family)?;
        let mut users = self.listeners.values().filter(|known| known.leads_to(target_group));
        let alone = users.all(|known| known.load_balancer == *arn);
        require(
            alone,
            "TargetGroupAssociationLimit",
            "the target group serves another load balancer",
        )
    }
}

impl Listener {
    /// Target groups that it forwards to.
    pub(crate) fn target_groups(&self) -> impl Iterator<Item = &TargetGroupArn> {
        let to = match &self.settings.action {
            ActionSettings::Forward { to, .. } => Some(to),
            ActionSettings::Redirect(_) => None,
        };
        to.into_iter().flat_map(|to| to.keys())
    }

    pub(crate) fn leads_to(&self, target_group: &TargetGroupArn) -> bool {
        self.target_groups().any(|known| known == target_group)
    }
}

/// HTTP/2 and gRPC targets need a listener that speaks TLS.
fn fits(listener: ListenerProtocol, targets: TargetProtocol) -> bool {
    match (listener, targets) {
        (ListenerProtocol::Tcp, TargetProtocol::Tcp | TargetProtocol::TcpUdp)
        | (ListenerProtocol::Tls, TargetProtocol::Tcp | TargetProtocol::Tls)
        | (ListenerProtocol::Udp, TargetProtocol::Udp | TargetProtocol::TcpUdp)
        | (ListenerProtocol::TcpUdp, TargetProtocol::TcpUdp)
        | (ListenerProtocol::Https, TargetProtocol::Http(_) | TargetProtocol::Https(_)) => true,
        (ListenerProtocol::Http, TargetProtocol::Http(version) | TargetProtocol::Https(version)) => {
            version == HttpVersion::Http1
        }
        _ => false,
    }
}
