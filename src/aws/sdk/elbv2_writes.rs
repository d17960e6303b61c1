//! Writes of ELBv2 to load balancers and listeners; those to target groups and tags are beside it.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    EnablePrefixForIpv6SourceNatEnum as Nat, ListenerAttribute, LoadBalancerAttribute,
};

use super::convert::{actions, elbv2 as convert, strings};
use super::failure;
use crate::aws::api::{AwsResult, CreatedLoadBalancer, ListenerSettings, SubnetSettings};
use crate::aws::ids::{CertificateArn, ListenerArn, LoadBalancerArn, SecurityGroupId};
use crate::aws::stack::{AddressType, Attributes, LoadBalancer, Tags};

pub(super) async fn create_load_balancer(
    client: &Client,
    load_balancer: &LoadBalancer,
    groups: &BTreeSet<SecurityGroupId>,
) -> AwsResult<CreatedLoadBalancer> {
    const ACTION: &str = "elasticloadbalancing:CreateLoadBalancer";
    let answer = client
        .create_load_balancer()
        .name(load_balancer.name.as_str())
        .r#type(convert::kind(load_balancer.kind))
        .scheme(convert::scheme(load_balancer.scheme))
        .ip_address_type(convert::address_type(load_balancer.address_type))
        .set_subnets(convert::plain_subnets(&load_balancer.subnets))
        .set_subnet_mappings(convert::subnet_mappings(&load_balancer.subnets))
        .set_enable_prefix_for_ipv6_source_nat(load_balancer.ipv6_source_nat.then_some(Nat::On))
        .set_security_groups((!groups.is_empty()).then(|| strings(groups)))
        .set_tags(convert::tag_list(&load_balancer.tags))
        .send()
        .await
        .map_err(failure::of(ACTION))?;
    let created = answer.load_balancers().first().and_then(convert::created);
    created.ok_or_else(|| failure::incomplete(ACTION, "load balancer"))
}

pub(super) async fn delete_load_balancer(client: &Client, arn: &LoadBalancerArn) -> AwsResult<()> {
    let call = client.delete_load_balancer().load_balancer_arn(arn.as_str());
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:DeleteLoadBalancer"))
}

pub(super) async fn modify_load_balancer_attributes(
    client: &Client,
    arn: &LoadBalancerArn,
    attributes: &Attributes,
) -> AwsResult<()> {
    let attributes = attributes
        .iter()
        .map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build());
    let call = client
        .modify_load_balancer_attributes()
        .load_balancer_arn(arn.as_str())
        .set_attributes(Some(attributes.collect()));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:ModifyLoadBalancerAttributes"))
}

pub(super) async fn set_security_groups(
    client: &Client,
    arn: &LoadBalancerArn,
    groups: &BTreeSet<SecurityGroupId>,
    private_link_rules: Option<bool>,
) -> AwsResult<()> {
    let call = client
        .set_security_groups()
        .load_balancer_arn(arn.as_str())
        .set_security_groups(Some(strings(groups)))
        .set_enforce_security_group_inbound_rules_on_private_link_traffic(
            private_link_rules.map(convert::private_link_rules),
        );
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:SetSecurityGroups"))
}

pub(super) async fn set_subnets(client: &Client, arn: &LoadBalancerArn, settings: &SubnetSettings) -> AwsResult<()> {
    let nat = |on| if on { Nat::On } else { Nat::Off };
    let call = client
        .set_subnets()
        .load_balancer_arn(arn.as_str())
        .set_subnets(convert::plain_subnets(&settings.subnets))
        .set_subnet_mappings(convert::subnet_mappings(&settings.subnets))
        .set_ip_address_type(settings.address_type.map(convert::address_type))
        .set_enable_prefix_for_ipv6_source_nat(settings.ipv6_source_nat.map(nat));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("elasticloadbalancing:SetSubnets"))
}

pub(super) async fn set_address_type(
    client: &Client,
    arn: &LoadBalancerArn,
    address_type: AddressType,
) -> AwsResult<()> {
    let call = client
        .set_ip_address_type()
        .load_balancer_arn(arn.as_str())
        .ip_address_type(convert::address_type(address_type));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:SetIpAddressType"))
}

pub(super) async fn modify_capacity(client: &Client, arn: &LoadBalancerArn, units: u32) -> AwsResult<()> {
    let call = client.modify_capacity_reservation().load_balancer_arn(arn.as_str());
    let call = match units {
        0 => call.reset_capacity_reservation(true),
        units => call.minimum_load_balancer_capacity(convert::capacity(units)),
    };
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:ModifyCapacityReservation"))
}

pub(super) async fn modify_listener_attributes(
    client: &Client,
    arn: &ListenerArn,
    attributes: &Attributes,
) -> AwsResult<()> {
    let attributes = attributes
        .iter()
        .map(|(key, value)| ListenerAttribute::builder().key(key).value(value).build());
    let call = client
        .modify_listener_attributes()
        .listener_arn(arn.as_str())
        .set_attributes(Some(attributes.collect()));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:ModifyListenerAttributes"))
}

pub(super) async fn create_listener(
    client: &Client,
    load_balancer: &LoadBalancerArn,
    listener: &ListenerSettings,
    tags: &Tags,
) -> AwsResult<ListenerArn> {
    const ACTION: &str = "elasticloadbalancing:CreateListener";
    let answer = client
        .create_listener()
        .load_balancer_arn(load_balancer.as_str())
        .port(i32::from(listener.port.get()))
        .protocol(convert::listener_protocol(listener.protocol))
        .default_actions(actions::action(&listener.action))
        .set_certificates(convert::certificates(listener))
        .set_ssl_policy(listener.ssl_policy.clone())
        .set_alpn_policy(actions::offered_alpn(listener))
        .set_tags(convert::tag_list(tags))
        .send()
        .await
        .map_err(failure::of(ACTION))?;
    let created = answer.listeners().first().and_then(|it| it.listener_arn());
    let arn = created.map(ListenerArn::new);
    arn.ok_or_else(|| failure::incomplete(ACTION, "ListenerArn"))
}

pub(super) async fn modify_listener(client: &Client, arn: &ListenerArn, listener: &ListenerSettings) -> AwsResult<()> {
    let call = client
        .modify_listener()
        .listener_arn(arn.as_str())
        .port(i32::from(listener.port.get()))
        .protocol(convert::listener_protocol(listener.protocol))
        .default_actions(actions::action(&listener.action))
        .set_certificates(convert::certificates(listener))
        .set_ssl_policy(listener.ssl_policy.clone())
        .set_alpn_policy(actions::alpn(listener));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:ModifyListener"))
}

pub(super) async fn delete_listener(client: &Client, arn: &ListenerArn) -> AwsResult<()> {
    let call = client.delete_listener().listener_arn(arn.as_str());
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:DeleteListener"))
}

pub(super) async fn add_listener_certificates(
    client: &Client,
    arn: &ListenerArn,
    certificates: &[CertificateArn],
) -> AwsResult<()> {
    for certificate in certificates {
        let call = client
            .add_listener_certificates()
            .listener_arn(arn.as_str())
            .certificates(convert::certificate(certificate));
        let done = call.send().await;
        done.map_err(failure::of("elasticloadbalancing:AddListenerCertificates"))?;
    }
    Ok(())
}

pub(super) async fn remove_listener_certificates(
    client: &Client,
    arn: &ListenerArn,
    certificates: &[CertificateArn],
) -> AwsResult<()> {
    for certificate in certificates {
        let call = client
            .remove_listener_certificates()
            .listener_arn(arn.as_str())
            .certificates(convert::certificate(certificate));
        let done = call.send().await;
        done.map_err(failure::of("elasticloadbalancing:RemoveListenerCertificates"))?;
    }
    Ok(())
}
