//! ELBv2: load balancers, target groups, listeners, targets, tags.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, Certificate, EnablePrefixForIpv6SourceNatEnum,
    EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as PrivateLinkRules, IpAddressType,
    LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum, MinimumLoadBalancerCapacity, ProtocolEnum,
    SubnetMapping, Tag, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};

use super::{actions, health_check, port, strings};
use crate::aws::api::{
    CreatedLoadBalancer, ListenerDescription, ListenerSettings, LoadBalancerDescription, TargetDescription,
    TargetGroupDescription, TargetGroupSettings,
};
use crate::aws::ids::{
    AllocationId, CertificateArn, InstanceId, ListenerArn, LoadBalancerArn, SecurityGroupId, SubnetId, TargetGroupArn,
    VpcId,
};
use crate::aws::stack::{
    AddressType, ChosenAddresses, HttpVersion, ListenerProtocol, LoadBalancerKind, Scheme, Tags, Target, TargetProtocol,
};
use crate::service::IpFamily;

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
        TargetProtocol::Tls => ProtocolEnum::Tls,
        TargetProtocol::Http(_) => ProtocolEnum::Http,
        TargetProtocol::Https(_) => ProtocolEnum::Https,
    }
}

/// A target group's protocol version for a request; none where its protocol has no versions.
pub(in crate::aws::sdk) fn protocol_version(protocol: TargetProtocol) -> Option<String> {
    match protocol {
        TargetProtocol::Http(version) | TargetProtocol::Https(version) => Some(version.to_string()),
        TargetProtocol::Tcp | TargetProtocol::Udp | TargetProtocol::TcpUdp | TargetProtocol::Tls => None,
    }
}

/// A target group's family of addresses for a request; none where it is AWS' default.
pub(in crate::aws::sdk) fn family(family: IpFamily) -> Option<TargetGroupIpAddressTypeEnum> {
    (family == IpFamily::V6).then_some(TargetGroupIpAddressTypeEnum::Ipv6)
}

/// A load balancer's type for a request.
pub(in crate::aws::sdk) fn kind(kind: LoadBalancerKind) -> LoadBalancerTypeEnum {
    match kind {
        LoadBalancerKind::Network => LoadBalancerTypeEnum::Network,
        LoadBalancerKind::Application => LoadBalancerTypeEnum::Application,
    }
}

/// A load balancer's address type for a request.
pub(in crate::aws::sdk) fn address_type(address_type: AddressType) -> IpAddressType {
    match address_type {
        AddressType::Ipv4 => IpAddressType::Ipv4,
        AddressType::Dualstack => IpAddressType::Dualstack,
        AddressType::DualstackWithoutPublicIpv4 => IpAddressType::DualstackWithoutPublicIpv4,
    }
}

/// Whether rules of security groups hold for PrivateLink, for a request.
pub(in crate::aws::sdk) fn private_link_rules(enforced: bool) -> PrivateLinkRules {
    if enforced {
        PrivateLinkRules::On
    } else {
        PrivateLinkRules::Off
    }
}

/// Reserved capacity for a request.
pub(in crate::aws::sdk) fn capacity(units: u32) -> MinimumLoadBalancerCapacity {
    let units = i32::try_from(units).unwrap_or(i32::MAX);
    MinimumLoadBalancerCapacity::builder().capacity_units(units).build()
}

/// Subnets for a request that chooses no addresses; none if one is chosen, because a request carries either form.
pub(in crate::aws::sdk) fn plain_subnets(subnets: &BTreeMap<SubnetId, ChosenAddresses>) -> Option<Vec<String>> {
    let plain = subnets.values().all(|chosen| *chosen == ChosenAddresses::default());
    plain.then(|| strings(subnets.keys()))
}

/// Subnets for a request that chooses addresses; none if no address is chosen.
pub(in crate::aws::sdk) fn subnet_mappings(
    subnets: &BTreeMap<SubnetId, ChosenAddresses>,
) -> Option<Vec<SubnetMapping>> {
    let mapping = |(id, chosen): (&SubnetId, &ChosenAddresses)| {
        SubnetMapping::builder()
            .subnet_id(id.as_str())
            .set_allocation_id(chosen.allocation.as_ref().map(ToString::to_string))
            .set_private_ipv4_address(chosen.private_ipv4.map(|address| address.to_string()))
            .set_ipv6_address(chosen.ipv6.map(|address| address.to_string()))
            .set_source_nat_ipv6_prefix(chosen.source_nat_prefix.map(|prefix| prefix.to_string()))
            .build()
    };
    plain_subnets(subnets)
        .is_none()
        .then(|| subnets.iter().map(mapping).collect())
}

/// A listener's protocol for a request.
pub(in crate::aws::sdk) fn listener_protocol(protocol: ListenerProtocol) -> ProtocolEnum {
    match protocol {
        ListenerProtocol::Tcp => ProtocolEnum::Tcp,
        ListenerProtocol::Udp => ProtocolEnum::Udp,
        ListenerProtocol::TcpUdp => ProtocolEnum::TcpUdp,
        ListenerProtocol::Tls => ProtocolEnum::Tls,
        ListenerProtocol::Http => ProtocolEnum::Http,
        ListenerProtocol::Https => ProtocolEnum::Https,
    }
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
        kind: match found.r#type() {
            Some(LoadBalancerTypeEnum::Network) => Some(LoadBalancerKind::Network),
            Some(LoadBalancerTypeEnum::Application) => Some(LoadBalancerKind::Application),
            _ => None,
        },
        active: is_active(found),
        vpc: VpcId::new(found.vpc_id()?),
        subnets: zones
            .filter_map(|zone| Some((SubnetId::new(zone.subnet_id()?), chosen_addresses(zone))))
            .collect(),
        address_type: match found.ip_address_type() {
            Some(IpAddressType::Dualstack) => AddressType::Dualstack,
            Some(IpAddressType::DualstackWithoutPublicIpv4) => AddressType::DualstackWithoutPublicIpv4,
            _ => AddressType::Ipv4,
        },
        ipv6_source_nat: found.enable_prefix_for_ipv6_source_nat() == Some(&EnablePrefixForIpv6SourceNatEnum::On),
        security_groups: groups.map(SecurityGroupId::new).collect(),
        private_link_rules: found.enforce_security_group_inbound_rules_on_private_link_traffic()
            != Some(PrivateLinkRules::Off.as_str()),
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
        description: health
            .and_then(|health| health.description())
            .unwrap_or_default()
            .to_owned(),
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
            ProtocolEnum::Tls => TargetProtocol::Tls,
            ProtocolEnum::Http => TargetProtocol::Http(http_version(found)),
            ProtocolEnum::Https => TargetProtocol::Https(http_version(found)),
            _ => return None,
        },
        family: match found.ip_address_type() {
            Some(TargetGroupIpAddressTypeEnum::Ipv6) => IpFamily::V6,
            _ => IpFamily::V4,
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
        ProtocolEnum::Http => ListenerProtocol::Http,
        ProtocolEnum::Https => ListenerProtocol::Https,
        _ => return None,
    };
    let tls = protocol.is_secure();
    let certificate = found.certificates().first().filter(|_| tls);
    Some(ListenerSettings {
        port: port(found.port())?,
        protocol,
        action: actions::read(found.default_actions())?,
        certificate: certificate.and_then(|it| it.certificate_arn().map(CertificateArn::new)),
        ssl_policy: found.ssl_policy().filter(|_| tls).map(str::to_owned),
        alpn: actions::read_alpn(found),
    })
}

fn http_version(found: &sdk::TargetGroup) -> HttpVersion {
    match found.protocol_version() {
        Some("HTTP2") => HttpVersion::Http2,
        Some("GRPC") => HttpVersion::Grpc,
        _ => HttpVersion::Http1,
    }
}

/// What AWS reports of the addresses in one zone, of which some are the user's choice and others AWS' own.
fn chosen_addresses(zone: &sdk::AvailabilityZone) -> ChosenAddresses {
    let of = |read: fn(&sdk::LoadBalancerAddress) -> Option<&str>| {
        let mut addresses = zone.load_balancer_addresses().iter();
        addresses.find_map(read)
    };
    let prefix = zone.source_nat_ipv6_prefixes().first();
    ChosenAddresses {
        allocation: of(sdk::LoadBalancerAddress::allocation_id).map(AllocationId::new),
        private_ipv4: of(sdk::LoadBalancerAddress::private_ipv4_address).and_then(|address| address.parse().ok()),
        ipv6: of(sdk::LoadBalancerAddress::ipv6_address).and_then(|address| address.parse().ok()),
        source_nat_prefix: prefix.and_then(|prefix| prefix.parse().ok()),
    }
}
