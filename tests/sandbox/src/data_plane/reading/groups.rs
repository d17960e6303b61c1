//! Target groups with their targets, as ELBv2 describes them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::balancers::attributes;
use super::xml::{Element, Pages};
use super::{Answers, Malformed};
use crate::data_plane::model::{HealthCheck, Instance, Probe, Target, TargetGroup, TargetProtocol, Version};

/// The target groups by ARN.
pub(super) fn target_groups(
    answers: &Answers,
    instances: &BTreeMap<String, Instance>,
) -> Result<BTreeMap<String, TargetGroup>, Malformed> {
    let pages = Pages::parse(&answers.target_groups)?;
    let groups = pages.list("TargetGroups");
    groups
        .map(|element| {
            let group = target_group(element, answers, instances)?;
            Ok((group.arn.clone(), group))
        })
        .collect()
}

fn target_group(
    element: Element<'_>,
    answers: &Answers,
    instances: &BTreeMap<String, Instance>,
) -> Result<TargetGroup, Malformed> {
    let arn = element.text("TargetGroupArn");
    Ok(TargetGroup {
        arn: arn.to_owned(),
        name: element.text("TargetGroupName").to_owned(),
        protocol: protocol(element.text("Protocol"))?,
        version: match element.text("ProtocolVersion") {
            "HTTP2" => Version::Http2,
            "GRPC" => Version::Grpc,
            _ => Version::Http1,
        },
        health_check: health_check(element)?,
        attributes: attributes(&answers.group_attributes, arn)?,
        targets: targets(answers, arn, instances)?,
    })
}

fn protocol(text: &str) -> Result<TargetProtocol, Malformed> {
    Ok(match text {
        "TCP" => TargetProtocol::Tcp,
        "UDP" => TargetProtocol::Udp,
        "TCP_UDP" => TargetProtocol::TcpUdp,
        "TLS" => TargetProtocol::Tls,
        "HTTP" => TargetProtocol::Http,
        "HTTPS" => TargetProtocol::Https,
        other => return Err(Malformed(format!("the protocol of a target group is {other:?}"))),
    })
}

fn health_check(element: Element<'_>) -> Result<HealthCheck, Malformed> {
    let seconds = |name| element.value(name).map(Duration::from_secs);
    Ok(HealthCheck {
        probe: probe(element)?,
        port: element.optional("HealthCheckPort"),
        interval: seconds("HealthCheckIntervalSeconds")?,
        timeout: seconds("HealthCheckTimeoutSeconds")?,
        healthy_threshold: element.value("HealthyThresholdCount")?,
        unhealthy_threshold: element.value("UnhealthyThresholdCount")?,
    })
}

fn probe(element: Element<'_>) -> Result<Probe, Malformed> {
    let protocol = element.text("HealthCheckProtocol");
    if protocol == "TCP" {
        return Ok(Probe::Tcp);
    }
    let matcher = ["Matcher/HttpCode", "Matcher/GrpcCode"].map(|path| element.text(path));
    Ok(Probe::Http {
        tls: protocol == "HTTPS",
        path: element.text("HealthCheckPath").to_owned(),
        codes: codes(&matcher.concat())?,
    })
}

/// `200,202` or `200-299` or both.
fn codes(matcher: &str) -> Result<Vec<RangeInclusive<u16>>, Malformed> {
    let parts = matcher.split(',').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let code = |text: &str| text.trim().parse::<u16>();
            let range = code(first).and_then(|first| Ok(first..=code(last)?));
            range.map_err(|_| Malformed(format!("the codes of a health check are {matcher:?}")))
        })
        .collect()
}

/// The registered targets: who is draining is not one any more.
fn targets(answers: &Answers, group: &str, instances: &BTreeMap<String, Instance>) -> Result<Vec<Target>, Malformed> {
    let pages = Pages::parse(answers.health.get(group).map_or(&[], Vec::as_slice))?;
    let registered = pages
        .list("TargetHealthDescriptions")
        .filter(|description| description.text("TargetHealth/State") != "draining");
    let targets = registered.map(|description| {
        let id = description.text("Target/Id");
        let instance = instances.get(id);
        let running = instance.filter(|instance| instance.running);
        let address = running.map(|instance| instance.address);
        Ok(Target {
            id: id.to_owned(),
            port: description.value("Target/Port")?,
            address: address.or_else(|| id.parse::<Ipv4Addr>().ok()),
            zone: instance.map(|instance| instance.zone.clone()),
        })
    });
    let mut targets = targets.collect::<Result<Vec<Target>, Malformed>>()?;
    targets.sort();
    Ok(targets)
}
