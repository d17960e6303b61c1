//! Security groups: who may send to a load balancer, and what may reach or leave a node or its pods.
//!
//! What is not permitted is dropped and counted, under the name of the load balancer or node whose groups did not permit it.
//! Connections that were accepted once stay accepted, as security groups are stateful.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::table::Table;
use crate::data_plane::Picture;
use crate::data_plane::model::{LoadBalancer, Peer, Permission, SecurityGroup, Traffic};

const OPEN_CONNECTIONS: &str = "ct state established,related accept";

/// The two directions of rules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// What a drop of that owner is called.
    fn drop_name(self, owner: &str) -> String {
        match self {
            Self::In => format!("to-{owner}"),
            Self::Out => format!("from-{owner}"),
        }
    }
}

/// Writes the chains that hold the groups of load balancers: what arrives at one, and what it sends to targets.
pub(super) fn guard_balancers(picture: &Picture, table: &mut Table) {
    table.map("balancers-in", "ipv4_addr : verdict");
    table.map("balancers-out", "ipv4_addr : verdict");
    for balancer in &picture.model.load_balancers {
        if balancer.security_groups.is_empty() {
            continue;
        }
        for direction in [Direction::In, Direction::Out] {
            let chain = guard(&balancer.name, &balancer.security_groups, direction, table);
            let elements = addresses(picture, balancer).map(|address| format!("{address} : jump {chain}"));
            table.add(&format!("balancers-{}", direction.name()), elements);
        }
    }
    let arriving = ["ct state new ip daddr vmap @balancers-in".to_owned()];
    base_chain("arrive", "prerouting priority -110", arriving, table);
    let forwarded = ["ct original ip daddr vmap @balancers-out".to_owned()];
    base_chain("balancer-sends", "forward priority 1", open_then(forwarded), table);
    let own = ["ip saddr vmap @balancers-out".to_owned()];
    base_chain("balancer-sends-own", "output priority 1", open_then(own), table);
}

/// Writes the chains that hold the groups of nodes, which are those of their pods too. What the router itself sends passes,
/// unless it is sent as a load balancer or, by a transparent proxy, as a client.
pub(super) fn guard_nodes(picture: &Picture, table: &mut Table) {
    table.map("nodes-in", "ipv4_addr : verdict; flags interval;");
    table.map("nodes-out", "ipv4_addr : verdict; flags interval;");
    for (id, instance) in &picture.model.instances {
        for direction in [Direction::In, Direction::Out] {
            let chain = guard(id, &instance.security_groups, direction, table);
            let elements = ranges(picture, instance.address).map(|range| format!("{} : jump {chain}", net(&range)));
            table.add(&format!("nodes-{}", direction.name()), elements);
        }
    }
    let leaving = ["ip saddr vmap @nodes-out".to_owned()];
    base_chain("node-sends", "forward priority 0", open_then(leaving), table);
    let arriving = ["ip daddr vmap @nodes-in".to_owned()];
    base_chain(
        "node-receives",
        "forward priority 2",
        open_then(arriving.clone()),
        table,
    );
    let router = [
        "ct original ip daddr @balancers accept".to_owned(),
        "fib saddr type local ip saddr != @balancers accept".to_owned(),
    ];
    let arriving = router.into_iter().chain(arriving);
    base_chain("node-receives-own", "output priority 2", open_then(arriving), table);
}

/// Writes the rules and members of every group that is in use.
pub(super) fn define_groups(picture: &Picture, table: &mut Table) {
    let model = &picture.model;
    let of_balancers = model
        .load_balancers
        .iter()
        .flat_map(|balancer| &balancer.security_groups);
    let of_nodes = model.instances.values().flat_map(|instance| &instance.security_groups);
    let used: BTreeSet<&String> = of_balancers.chain(of_nodes).collect();
    let mut named = used.clone();
    let none = SecurityGroup::default();
    for id in used {
        let group = model.security_groups.get(id).unwrap_or(&none);
        for (direction, rules) in [(Direction::In, &group.ingress), (Direction::Out, &group.egress)] {
            let accepting = rules.iter().flat_map(|rule| accept(rule, direction));
            table.chain(&format!("{}-{id}", direction.name()), accepting);
            named.extend(rules.iter().flat_map(|rule| &rule.peers).filter_map(group_of));
        }
    }
    for id in named {
        define_members(picture, id, table);
    }
}

/// Who sends as a member of a group, and the addresses of load balancers through which members forward.
fn define_members(picture: &Picture, id: &String, table: &mut Table) {
    let model = &picture.model;
    let nodes = model
        .instances
        .values()
        .filter(|instance| instance.security_groups.contains(id));
    let nodes = nodes.flat_map(|instance| ranges(picture, instance.address));
    let balancers = || {
        model
            .load_balancers
            .iter()
            .filter(|balancer| balancer.security_groups.contains(id))
    };
    let private = balancers().flat_map(|balancer| picture.addresses.zones(balancer));
    let private = private.map(|(_, address)| Ipv4Net::from(address.private));
    let members = merged(nodes.chain(private));
    table.set(
        &format!("members-{id}"),
        "ipv4_addr; flags interval;",
        members.iter().map(net),
    );
    let through = balancers().flat_map(|balancer| addresses(picture, balancer));
    table.set(
        &format!("through-{id}"),
        "ipv4_addr",
        through.map(|address| address.to_string()),
    );
}

/// The chain that asks the groups of an owner in turn and drops what none accepts.
fn guard(owner: &str, groups: &[String], direction: Direction, table: &mut Table) -> String {
    let name = format!("guard-{}", direction.drop_name(owner));
    let drop = table.drop_counted(&direction.drop_name(owner));
    let asked = groups.iter().map(|id| format!("jump {}-{id}", direction.name()));
    table.chain(&name, asked.chain([drop]));
    name
}

fn base_chain(name: &str, hook: &str, rules: impl IntoIterator<Item = String>, table: &mut Table) {
    let hook = format!("type filter hook {hook}; policy accept;");
    table.chain(name, std::iter::once(hook).chain(rules));
}

fn open_then(rules: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    std::iter::once(OPEN_CONNECTIONS.to_owned()).chain(rules)
}

/// The rules that accept what a permission permits.
fn accept(permission: &Permission, direction: Direction) -> Vec<String> {
    let side = match direction {
        Direction::In => "saddr",
        Direction::Out => "daddr",
    };
    let ranges = permission.peers.iter().filter_map(|peer| match peer {
        Peer::Range(range) => Some(*range),
        Peer::Group(_) => None,
    });
    let ranges = merged(ranges);
    let mut matches = Vec::new();
    if ranges.iter().any(|range| range.prefix_len() == 0) {
        matches.push(String::new());
    } else if !ranges.is_empty() {
        let listed: Vec<String> = ranges.iter().map(net).collect();
        matches.push(format!("ip {side} {{ {} }} ", listed.join(", ")));
    }
    for id in permission.peers.iter().filter_map(group_of) {
        matches.push(format!("ip {side} @members-{id} "));
        if direction == Direction::In {
            matches.push(format!("ct original ip daddr @through-{id} "));
        }
    }
    let traffic = traffic(&permission.traffic);
    matches
        .iter()
        .map(|matched| format!("{matched}{traffic}accept"))
        .collect()
}

fn traffic(traffic: &Traffic) -> String {
    match traffic {
        Traffic::Any => String::new(),
        Traffic::Tcp(ports) => format!("tcp dport {}-{} ", ports.start(), ports.end()),
        Traffic::Udp(ports) => format!("udp dport {}-{} ", ports.start(), ports.end()),
        Traffic::Icmp => "ip protocol icmp ".to_owned(),
    }
}

fn group_of(peer: &Peer) -> Option<&String> {
    match peer {
        Peer::Group(id) => Some(id),
        Peer::Range(_) => None,
    }
}

fn addresses<'a>(picture: &'a Picture, balancer: &'a LoadBalancer) -> impl Iterator<Item = Ipv4Addr> {
    let zones = picture.addresses.zones(balancer);
    zones.flat_map(|(_, address)| address.all().collect::<Vec<_>>())
}

/// The address of a node, and those of its pods.
fn ranges(picture: &Picture, node: Ipv4Addr) -> impl Iterator<Item = Ipv4Net> {
    let pods = picture.pod_ranges.get(&node).into_iter().flatten().copied();
    std::iter::once(Ipv4Net::from(node)).chain(pods)
}

/// The same addresses in ranges that do not overlap.
fn merged(ranges: impl Iterator<Item = Ipv4Net>) -> Vec<Ipv4Net> {
    Ipv4Net::aggregate(&ranges.collect())
}

/// A single address without its prefix length.
fn net(range: &Ipv4Net) -> String {
    match range.prefix_len() {
        32 => range.addr().to_string(),
        _ => range.to_string(),
    }
}
