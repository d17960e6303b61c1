//! Forwarding: which target a new connection to a listener goes to, and under which address.
//!
//! A connection is chosen a target by a hash of its addresses and ports, as a Network Load Balancer does; with stickiness by
//! a hash of the client's address alone. The kernel keeps to what was chosen for as long as the connection lives.

use super::slots::{self, SLOTS};
use super::table::Table;
use crate::data_plane::addresses::ZoneAddress;
use crate::data_plane::model::{Listener, ListenerProtocol, LoadBalancer, Target, TargetGroup, Zone};
use crate::data_plane::{Picture, routing};

/// What `choose` looks connections up by.
const KEY: &str = "ip daddr . meta l4proto . th dport";
const KEY_TYPE: &str = "ipv4_addr . inet_proto . inet_service";

/// Different for every choice along the way, so that one does not foretell the next.
const GROUP_SEED: &str = "0x67726f75";
const TARGET_SEED: &str = "0x74617267";

/// Where a connection arrives.
struct Place<'a> {
    picture: &'a Picture,
    balancer: &'a LoadBalancer,
    zone: &'a Zone,
    address: ZoneAddress,
    listener: &'a Listener,
}

/// Writes the chains that forward, and drops what arrives where nobody listens.
pub(super) fn forward(picture: &Picture, table: &mut Table) {
    table.map("listeners", "ipv4_addr . inet_proto . inet_service : verdict");
    table.map("sources", "mark : ipv4_addr");
    table.set("open", KEY_TYPE, []);
    table.set(
        "balancers",
        "ipv4_addr",
        picture.addresses.all().iter().map(ToString::to_string),
    );
    for balancer in &picture.model.load_balancers {
        for (zone, address) in picture.addresses.zones(balancer) {
            for listener in &balancer.listeners {
                let place = Place {
                    picture,
                    balancer,
                    zone,
                    address,
                    listener,
                };
                place.listen(table);
            }
        }
    }
    base_chains(table);
}

fn base_chains(table: &mut Table) {
    let closed = table.drop_counted("where-nobody-listens");
    let lookup = format!("{KEY} vmap @listeners");
    let chains: [(&str, &str, Vec<String>); 4] = [
        (
            "closed",
            "type filter hook prerouting priority -105; policy accept;",
            vec![format!(
                "ct state new ip daddr @balancers meta l4proto {{ tcp, udp }} {KEY} != @open {closed}"
            )],
        ),
        (
            "choose",
            "type nat hook prerouting priority -100; policy accept;",
            vec![lookup.clone()],
        ),
        // What the router's own programs send.
        (
            "choose-own",
            "type nat hook output priority -100; policy accept;",
            vec![lookup],
        ),
        (
            "translate",
            "type nat hook postrouting priority 100; policy accept;",
            vec!["snat to ct mark map @sources".to_owned()],
        ),
    ];
    for (name, hook, rules) in chains {
        table.chain(name, std::iter::once(hook.to_owned()).chain(rules));
    }
}

impl Place<'_> {
    fn listen(&self, table: &mut Table) {
        let proxied = self.picture.model.is_proxied(self.listener);
        let name = format!(
            "listen-{}-{}-{}",
            self.balancer.name, self.zone.name, self.listener.port
        );
        if !proxied && !self.choose_group(&name, table) {
            return;
        }
        for protocol in protocols(self.listener.protocol) {
            for address in self.address.all() {
                let key = format!("{address} . {protocol} . {}", self.listener.port);
                table.add("open", [key.clone()]);
                if !proxied {
                    table.add("listeners", [format!("{key} : goto {name}")]);
                }
            }
        }
    }

    /// Writes the chain of that name; false when there is no target at all.
    fn choose_group(&self, name: &str, table: &mut Table) -> bool {
        let model = &self.picture.model;
        let mut shares: Vec<(String, u32)> = Vec::new();
        for weighted in self.listener.default_action.groups() {
            let Some(group) = model.target_groups.get(&weighted.arn) else {
                continue;
            };
            let targets = routing::destinations(self.picture, self.balancer, self.zone, group);
            if weighted.weight > 0 && !targets.is_empty() {
                let chain = format!("{name}-{}", group.name);
                self.choose_target(&chain, group, &targets, table);
                shares.push((chain, weighted.weight));
            }
        }
        let rule = match shares.as_slice() {
            [] => return false,
            [(only, _)] => format!("goto {only}"),
            _ => weighted(&shares),
        };
        table.chain(name, [rule]);
        true
    }

    fn choose_target(&self, name: &str, group: &TargetGroup, targets: &[&Target], table: &mut Table) {
        let mut rules = Vec::new();
        if group.attributes.text("preserve_client_ip.enabled") == "false" {
            // The mark is the address itself: different for each place, and the same for as long as it exists.
            let mark = self.address.private.to_bits();
            table.add("sources", [format!("{mark:#010x} : {}", self.address.private)]);
            rules.push(format!("ct mark set {mark:#010x}"));
        }
        let chains: Vec<String> = targets.iter().filter_map(|target| send_to(target, table)).collect();
        let chains: Vec<&str> = chains.iter().map(String::as_str).collect();
        rules.push(if group.attributes.is_on("stickiness.enabled") {
            let slots = slots::assign(&chains);
            format!(
                "jhash ip saddr mod {SLOTS} seed {TARGET_SEED} vmap {}",
                goto_each(&slots)
            )
        } else {
            format!("{} vmap {}", hash(chains.len(), TARGET_SEED), goto_each(&chains))
        });
        table.chain(name, rules);
    }
}

/// The chain that sends to a target, shared by all that choose it.
fn send_to(target: &Target, table: &mut Table) -> Option<String> {
    let (address, port) = (target.address?, target.port);
    let name = format!("to-{address}-{port}");
    if !table.has_chain(&name) {
        table.chain(&name, [format!("meta l4proto {{ tcp, udp }} dnat to {address}:{port}")]);
    }
    Some(name)
}

/// Target groups by their weights.
fn weighted(shares: &[(String, u32)]) -> String {
    let mut elements = Vec::new();
    let mut from = 0;
    for (chain, weight) in shares {
        let last = from + weight - 1;
        let range = if *weight == 1 {
            from.to_string()
        } else {
            format!("{from}-{last}")
        };
        elements.push(format!("{range} : goto {chain}"));
        from += weight;
    }
    let sum = usize::try_from(from).unwrap_or(usize::MAX);
    format!("{} vmap {{ {} }}", hash(sum, GROUP_SEED), elements.join(", "))
}

fn hash(modulus: usize, seed: &str) -> String {
    format!("jhash ip saddr . th sport . ip daddr . th dport mod {modulus} seed {seed}")
}

fn goto_each(chains: &[&str]) -> String {
    let elements = chains
        .iter()
        .enumerate()
        .map(|(slot, chain)| format!("{slot} : goto {chain}"));
    format!("{{ {} }}", elements.collect::<Vec<_>>().join(", "))
}

fn protocols(protocol: ListenerProtocol) -> &'static [&'static str] {
    match protocol {
        ListenerProtocol::Tcp | ListenerProtocol::Tls | ListenerProtocol::Http | ListenerProtocol::Https => &["tcp"],
        ListenerProtocol::Udp => &["udp"],
        ListenerProtocol::TcpUdp => &["tcp", "udp"],
    }
}
