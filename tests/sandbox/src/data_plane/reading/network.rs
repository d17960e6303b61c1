//! Subnets, instances and security groups, as EC2 describes them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

use super::xml::{Element, Pages};
use super::{Answers, Malformed};
use crate::data_plane::model::{Instance, Peer, Permission, SecurityGroup, Traffic};

/// The range of each subnet by its id.
pub(super) fn subnets(pages: &[String]) -> Result<BTreeMap<String, Ipv4Net>, Malformed> {
    let pages = Pages::parse(pages)?;
    let subnets = pages.list("subnetSet");
    subnets
        .map(|subnet| Ok((subnet.text("subnetId").to_owned(), subnet.value("cidrBlock")?)))
        .collect()
}

/// The instances by id; those without an address, as terminated ones are, left out.
pub(super) fn instances(pages: &[String]) -> Result<BTreeMap<String, Instance>, Malformed> {
    let pages = Pages::parse(pages)?;
    let reservations = pages.list("reservationSet");
    let instances = reservations.flat_map(|reservation| reservation.list("instancesSet"));
    Ok(instances
        .filter(|instance| !matches!(instance.text("instanceState/name"), "terminated" | "shutting-down"))
        .filter_map(|instance| Some((instance.text("instanceId").to_owned(), self::instance(instance)?)))
        .collect())
}

fn instance(element: Element<'_>) -> Option<Instance> {
    let groups = element.list("groupSet").map(|group| group.text("groupId").to_owned());
    Some(Instance {
        address: element.optional("privateIpAddress")?,
        zone: element.text("placement/availabilityZone").to_owned(),
        running: element.text("instanceState/name") == "running",
        security_groups: groups.collect(),
    })
}

/// The security groups by id; prefix lists are written out.
pub(super) fn security_groups(answers: &Answers) -> Result<BTreeMap<String, SecurityGroup>, Malformed> {
    let pages = Pages::parse(&answers.security_groups)?;
    let groups = pages.list("securityGroupInfo").map(|group| {
        let rules = |list| group.list(list).map(|rule| permission(rule, answers)).collect();
        let described = SecurityGroup {
            ingress: rules("ipPermissions"),
            egress: rules("ipPermissionsEgress"),
        };
        (group.text("groupId").to_owned(), described)
    });
    Ok(groups.collect())
}

/// The ids of the prefix lists that rules name.
pub(super) fn prefix_lists(security_groups: &[String]) -> Result<Vec<String>, Malformed> {
    let pages = Pages::parse(security_groups)?;
    let groups = pages.list("securityGroupInfo");
    let rules = groups.flat_map(|group| group.list("ipPermissions").chain(group.list("ipPermissionsEgress")));
    let lists = rules.flat_map(|rule| rule.list("prefixListIds"));
    let mut ids: Vec<String> = lists.map(|list| list.text("prefixListId").to_owned()).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// The ranges of a prefix list.
pub(super) fn prefix_list(pages: &[String]) -> Result<Vec<Ipv4Net>, Malformed> {
    let pages = Pages::parse(pages)?;
    let entries = pages.list("entrySet");
    Ok(entries.filter_map(|entry| entry.optional("cidr")).collect())
}

fn permission(rule: Element<'_>, answers: &Answers) -> Permission {
    let ranges = rule.list("ipRanges").filter_map(|range| range.optional("cidrIp"));
    let lists = rule.list("prefixListIds").map(|list| list.text("prefixListId"));
    let listed = lists.filter_map(|id| answers.prefix_lists.get(id)).flatten().copied();
    let groups = rule.list("groups").map(|group| group.text("groupId").to_owned());
    Permission {
        traffic: traffic(rule),
        peers: ranges
            .chain(listed)
            .map(Peer::Range)
            .chain(groups.map(Peer::Group))
            .collect(),
    }
}

fn traffic(rule: Element<'_>) -> Traffic {
    match rule.text("ipProtocol") {
        "tcp" | "6" => Traffic::Tcp(ports(rule)),
        "udp" | "17" => Traffic::Udp(ports(rule)),
        "icmp" | "1" => Traffic::Icmp,
        _ => Traffic::Any,
    }
}

fn ports(rule: Element<'_>) -> RangeInclusive<u16> {
    // -1 stands for all, as nothing does.
    rule.optional("fromPort").unwrap_or(0)..=rule.optional("toPort").unwrap_or(u16::MAX)
}
