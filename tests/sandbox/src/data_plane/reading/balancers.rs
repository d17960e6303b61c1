//! Load balancers with their listeners, as ELBv2 describes them.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::actions::{action, condition};
use super::xml::{Element, Pages};
use super::{Answers, Malformed};
use crate::data_plane::model::{Attributes, Kind, Listener, ListenerProtocol, LoadBalancer, Rule, Scheme, Zone};

/// The load balancers in the order of their ARNs; those of other types than network and application left out.
pub(super) fn load_balancers(
    answers: &Answers,
    subnets: &BTreeMap<String, Ipv4Net>,
) -> Result<Vec<LoadBalancer>, Malformed> {
    let pages = Pages::parse(&answers.load_balancers)?;
    let mut found = Vec::new();
    for element in pages.list("LoadBalancers") {
        let kind = match element.text("Type") {
            "network" => Kind::Network,
            "application" => Kind::Application,
            _ => continue,
        };
        found.push(load_balancer(element, kind, answers, subnets)?);
    }
    found.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(found)
}

fn load_balancer(
    element: Element<'_>,
    kind: Kind,
    answers: &Answers,
    subnets: &BTreeMap<String, Ipv4Net>,
) -> Result<LoadBalancer, Malformed> {
    let arn = element.text("LoadBalancerArn");
    let zones = element
        .list("AvailabilityZones")
        .filter_map(|element| zone(element, subnets));
    let mut zones: Vec<Zone> = zones.collect();
    zones.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(LoadBalancer {
        arn: arn.to_owned(),
        name: element.text("LoadBalancerName").to_owned(),
        hostname: element.text("DNSName").to_owned(),
        kind,
        scheme: match element.text("Scheme") {
            "internal" => Scheme::Internal,
            _ => Scheme::InternetFacing,
        },
        zones,
        security_groups: element.texts("SecurityGroups"),
        attributes: attributes(&answers.balancer_attributes, arn)?,
        listeners: listeners(answers, arn)?,
    })
}

fn zone(element: Element<'_>, subnets: &BTreeMap<String, Ipv4Net>) -> Option<Zone> {
    let address = |name| {
        let mut addresses = element.list("LoadBalancerAddresses");
        addresses.find_map(|address| address.optional(name))
    };
    Some(Zone {
        name: element.text("ZoneName").to_owned(),
        subnet: *subnets.get(element.text("SubnetId"))?,
        elastic: address("IpAddress"),
        private: address("PrivateIPv4Address"),
    })
}

/// The ARNs of a list of answers.
pub(super) fn arns(pages: &[String], list: &str, name: &str) -> Result<Vec<String>, Malformed> {
    let pages = Pages::parse(pages)?;
    Ok(pages.list(list).map(|element| element.text(name).to_owned()).collect())
}

/// The ARNs of listeners with their protocols.
pub(super) fn protocols(pages: &[String]) -> Result<Vec<(String, ListenerProtocol)>, Malformed> {
    let pages = Pages::parse(pages)?;
    let listeners = pages.list("Listeners");
    listeners
        .map(|element| Ok((element.text("ListenerArn").to_owned(), protocol(element)?)))
        .collect()
}

/// The attributes in the answers about the resource of that ARN; none where they were not asked for.
pub(super) fn attributes(answers: &BTreeMap<String, Vec<String>>, arn: &str) -> Result<Attributes, Malformed> {
    let pages = Pages::parse(answers.get(arn).map_or(&[], Vec::as_slice))?;
    let list = pages.list("Attributes");
    Ok(list.map(|one| (one.text("Key"), one.text("Value"))).collect())
}

fn listeners(answers: &Answers, balancer: &str) -> Result<Vec<Listener>, Malformed> {
    let pages = Pages::parse(answers.listeners.get(balancer).map_or(&[], Vec::as_slice))?;
    let listeners = pages.list("Listeners").map(|element| listener(element, answers));
    let mut listeners = listeners.collect::<Result<Vec<Listener>, _>>()?;
    listeners.sort_by_key(|listener| listener.port);
    Ok(listeners)
}

fn listener(element: Element<'_>, answers: &Answers) -> Result<Listener, Malformed> {
    let arn = element.text("ListenerArn");
    Ok(Listener {
        arn: arn.to_owned(),
        port: element.value("Port")?,
        protocol: protocol(element)?,
        certificates: certificates(answers, arn)?,
        policy: element.text("SslPolicy").to_owned(),
        alpn: element.texts("AlpnPolicy").join(""),
        default_action: action(element, "DefaultActions")?,
        rules: rules(answers, arn)?,
        attributes: attributes(&answers.listener_attributes, arn)?,
    })
}

fn protocol(element: Element<'_>) -> Result<ListenerProtocol, Malformed> {
    Ok(match element.text("Protocol") {
        "TCP" => ListenerProtocol::Tcp,
        "UDP" => ListenerProtocol::Udp,
        "TCP_UDP" => ListenerProtocol::TcpUdp,
        "TLS" => ListenerProtocol::Tls,
        "HTTP" => ListenerProtocol::Http,
        "HTTPS" => ListenerProtocol::Https,
        other => return Err(Malformed(format!("the protocol of a listener is {other:?}"))),
    })
}

/// The default certificate first.
pub(super) fn certificates(answers: &Answers, listener: &str) -> Result<Vec<String>, Malformed> {
    let pages = Pages::parse(answers.certificates.get(listener).map_or(&[], Vec::as_slice))?;
    let mut found: Vec<(bool, String)> = pages
        .list("Certificates")
        .map(|one| (one.text("IsDefault") != "true", one.text("CertificateArn").to_owned()))
        .collect();
    found.sort_by_key(|(additional, _)| *additional);
    let mut arns: Vec<String> = Vec::new();
    for (_, arn) in found {
        if !arns.contains(&arn) {
            arns.push(arn);
        }
    }
    Ok(arns)
}

/// The rules with a priority; the last, the default one, is the listener's default action.
fn rules(answers: &Answers, listener: &str) -> Result<Vec<Rule>, Malformed> {
    let pages = Pages::parse(answers.rules.get(listener).map_or(&[], Vec::as_slice))?;
    let ranked = pages.list("Rules").filter(|rule| rule.text("IsDefault") != "true");
    let rules = ranked.map(|rule| {
        Ok(Rule {
            priority: rule.value("Priority")?,
            conditions: rule.list("Conditions").map(condition).collect::<Result<_, _>>()?,
            action: action(rule, "Actions")?,
        })
    });
    let mut rules = rules.collect::<Result<Vec<Rule>, Malformed>>()?;
    rules.sort_by_key(|rule| rule.priority);
    Ok(rules)
}
