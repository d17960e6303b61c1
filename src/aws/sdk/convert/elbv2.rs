//! ELBv2: load balancers, target groups, listeners, targets, tags.

use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, Action, ActionTypeEnum, Certificate, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum, ProtocolEnum, Tag, TargetTypeEnum,
};

use super::{health_check, port};
use crate::aws::api::{
    CreatedLoadBalancer, ListenerDescription, ListenerSettings, LoadBalancerDescription, TargetDescription,
    TargetGroupDescription, TargetGroupSettings,
};
use crate::aws::ids::{
    CertificateArn, InstanceId, ListenerArn, LoadBalancerArn, SecurityGroupId, SubnetId, TargetGroupArn, VpcId,
};
use crate::aws::stack::{ListenerProtocol, Scheme, Tags, Target, TargetProtocol};

/// Tags as a request wants them; none if there are none, because AWS refuses an empty list.
pub(in crate::aws::sdk) fn tag_list(tags: &Tags) -> Option<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}

/// Tags as AWS describes them.
pub(in crate::aws::sdk) fn tags(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

/// A scheme for a request.
pub(in crate::aws::sdk) fn scheme(scheme: Scheme) -> LoadBalancerSchemeEnum {
    match scheme {
        Scheme::Internal => LoadBalancerSchemeEnum::Internal,
        Scheme::InternetFacing => LoadBalancerSchemeEnum::InternetFacing,
    }
}

/// A target group's protocol for a request.
pub(in crate::aws::sdk) fn target_protocol(protocol: TargetProtocol) -> ProtocolEnum {
    match protocol {
        TargetProtocol::Tcp => ProtocolEnum::Tcp,
        TargetProtocol::Udp => ProtocolEnum::Udp,
        TargetProtocol::TcpUdp => ProtocolEnum::TcpUdp,
    }
}

/// A listener's protocol for a request.
pub(in crate::aws::sdk) fn listener_protocol(protocol: ListenerProtocol) -> ProtocolEnum {
    match protocol {
        ListenerProtocol::Tcp => ProtocolEnum::Tcp,
        ListenerProtocol::Udp => ProtocolEnum::Udp,
        ListenerProtocol::TcpUdp => ProtocolEnum::TcpUdp,
        ListenerProtocol::Tls => ProtocolEnum::Tls,
    }
}

/// The default action of a listener: all to one target group.
pub(in crate::aws::sdk) fn forward(target_group: &TargetGroupArn) -> Action {
    Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .target_group_arn(target_group.as_str())
        .build()
}

/// A certificate for a request.
pub(in crate::aws::sdk) fn certificate(arn: &CertificateArn) -> Certificate {
    Certificate::builder().certificate_arn(arn.as_str()).build()
}

/// The default certificate of a listener; none unless it speaks TLS.
pub(in crate::aws::sdk) fn certificates(listener: &ListenerSettings) -> Option<Vec<Certificate>> {
    listener.certificate.as_ref().map(|arn| vec![certificate(arn)])
}

/// A target for a request: the port overrides that of its target group.
pub(in crate::aws::sdk) fn target(target: &Target) -> sdk::TargetDescription {
    sdk::TargetDescription::builder()
        .id(target.instance.as_str())
        .port(i32::from(target.port.get()))
        .build()
}

/// A load balancer; none without ARN, name, DNS name or VPC, which AWS gives to every one.
pub(in crate::aws::sdk) fn load_balancer(found: &sdk::LoadBalancer) -> Option<LoadBalancerDescription> {
    let zones = found.availability_zones().iter();
    let groups = found.security_groups().iter();
    Some(LoadBalancerDescription {
        arn: LoadBalancerArn::new(found.load_balancer_arn()?),
        name: found.load_balancer_name()?.to_owned(),
        dns_name: found.dns_name()?.to_ascii_lowercase(),
        scheme: match found.scheme() {
            Some(LoadBalancerSchemeEnum::Internal) => Some(Scheme::Internal),
            Some(LoadBalancerSchemeEnum::InternetFacing) => Some(Scheme::InternetFacing),
            _ => None,
        },
        network: found.r#type() == Some(&LoadBalancerTypeEnum::Network),
        active: is_active(found),
        vpc: VpcId::new(found.vpc_id()?),
        subnets: zones.filter_map(|zone| zone.subnet_id().map(SubnetId::new)).collect(),
        security_groups: groups.map(SecurityGroupId::new).collect(),
    })
}

/// What is needed of a load balancer that was just created.
pub(in crate::aws::sdk) fn created(found: &sdk::LoadBalancer) -> Option<CreatedLoadBalancer> {
    Some(CreatedLoadBalancer {
        arn: LoadBalancerArn::new(found.load_balancer_arn()?),
        dns_name: found.dns_name()?.to_ascii_lowercase(),
        active: is_active(found),
    })
}

/// A target group; none without ARN or name.
pub(in crate::aws::sdk) fn target_group(found: &sdk::TargetGroup) -> Option<TargetGroupDescription> {
    Some(TargetGroupDescription {
        arn: TargetGroupArn::new(found.target_group_arn()?),
        name: found.target_group_name()?.to_owned(),
        vpc: found.vpc_id().map(VpcId::new),
        settings: target_group_settings(found),
    })
}

/// A listener; none without ARN or port (those of Gateway Load Balancers have none).
pub(in crate::aws::sdk) fn listener(found: &sdk::Listener) -> Option<ListenerDescription> {
    let port = port(found.port())?;
    Some(ListenerDescription {
        arn: ListenerArn::new(found.listener_arn()?),
        port,
        settings: listener_settings(found),
    })
}

/// A target with its health; none without a port, which every instance has.
pub(in crate::aws::sdk) fn target_health(found: &sdk::TargetHealthDescription) -> Option<TargetDescription> {
    let target = found.target()?;
    let health = found.target_health();
    Some(TargetDescription {
        target: Target {
            instance: InstanceId::new(target.id()?),
            port: port(target.port())?,
        },
        state: health
            .and_then(|health| health.state())
            .map_or_else(String::new, |state| state.as_str().to_owned()),
        reason: health
            .and_then(|health| health.reason())
            .map_or_else(String::new, |reason| reason.as_str().to_owned()),
    })
}

fn is_active(found: &sdk::LoadBalancer) -> bool {
    matches!(
        found.state().and_then(|state| state.code()),
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired)
    )
}

fn target_group_settings(found: &sdk::TargetGroup) -> Option<TargetGroupSettings> {
    if found.target_type() != Some(&TargetTypeEnum::Instance) {
        return None;
    }
    Some(TargetGroupSettings {
        protocol: match found.protocol()? {
            ProtocolEnum::Tcp => TargetProtocol::Tcp,
            ProtocolEnum::Udp => TargetProtocol::Udp,
            ProtocolEnum::TcpUdp => TargetProtocol::TcpUdp,
            _ => return None,
        },
        port: port(found.port())?,
        health_check: health_check::read(found)?,
    })
}

fn listener_settings(found: &sdk::Listener) -> Option<ListenerSettings> {
    let protocol = match found.protocol()? {
        ProtocolEnum::Tcp => ListenerProtocol::Tcp,
        ProtocolEnum::Udp => ListenerProtocol::Udp,
        ProtocolEnum::TcpUdp => ListenerProtocol::TcpUdp,
        ProtocolEnum::Tls => ListenerProtocol::Tls,
        _ => return None,
    };
    let tls = protocol == ListenerProtocol::Tls;
    let certificate = found.certificates().first().filter(|_| tls);
    Some(ListenerSettings {
        port: port(found.port())?,
        protocol,
        target_group: sole_target_group(found.default_actions())?,
        certificate: certificate.and_then(|it| it.certificate_arn().map(CertificateArn::new)),
        ssl_policy: found.ssl_policy().filter(|_| tls).map(str::to_owned),
    })
}

/// Where the one forward action leads; none if there are more actions or more target groups than one. AWS leaves
/// `TargetGroupArn` out where `ForwardConfig` names several.
fn sole_target_group(actions: &[Action]) -> Option<TargetGroupArn> {
    let [action] = actions else { return None };
    if action.r#type() != Some(&ActionTypeEnum::Forward) {
        return None;
    }
    match action.forward_config().map(|config| config.target_groups()) {
        None | Some([]) => action.target_group_arn().map(TargetGroupArn::new),
        Some([group]) => group.target_group_arn().map(TargetGroupArn::new),
        Some(_) => None,
    }
}
