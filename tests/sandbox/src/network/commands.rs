//! The `ip` commands that make the network, as batches for `ip -batch`. Pure.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::Namespace;
use super::addresses::{CLIENTS, NEXT_HOP, PODS, PUBLIC, RESOLVER, ROUTER, VPC, pods_of_node};

/// Files under `/proc/sys/net/ipv4` of the outer namespace: it forwards, and takes packets from wherever they come, for a
/// load balancer's answer may leave by another link than the question came.
pub const ROUTER_SETTINGS: [(&str, &str); 3] = [
    ("conf/all/rp_filter", "0"),
    ("conf/default/rp_filter", "0"),
    ("ip_forward", "1"),
];

/// The link into which packets go that nobody is there for. Links of this kind have another end, which takes no packet that is
/// not for its own hardware address, and without ARP none is.
const NOWHERE: &str = "nowhere";

/// The client's link in the outer namespace.
const CLIENT_LINK: &str = "client";

/// Where a node is in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePlace {
    /// The node's address: its instance's private one.
    pub address: Ipv4Addr,
    /// The node's number among those of the sandbox, from 1; it decides the Pods' range.
    pub number: u8,
}

impl NodePlace {
    /// The node's link in the outer namespace.
    #[must_use]
    pub fn link(&self) -> String {
        format!("node{}", self.number)
    }
}

/// The outer namespace: the addresses that everyone reaches are on the loopback interface. What is sent to a node, a Pod or a
/// load balancer that is not there vanishes without an answer, as in a VPC.
#[must_use]
pub fn outer() -> String {
    let mut batch = format!("link set lo up\naddress add {ROUTER}/32 dev lo\naddress add {RESOLVER}/32 dev lo\n");
    batch += &format!("link add {NOWHERE} type veth peer name {NOWHERE}-end\n");
    batch += &format!("link set {NOWHERE} arp off up\nlink set {NOWHERE}-end up\n");
    let (public, length) = PUBLIC;
    for range in [VPC, PODS, &format!("{public}/{length}")] {
        batch += &route(NOWHERE, range);
    }
    batch
}

/// In the outer namespace: the link to the client.
#[must_use]
pub fn join_client(client: &Namespace) -> String {
    let mut batch = link(CLIENT_LINK, client);
    for address in CLIENTS {
        batch += &route(CLIENT_LINK, &format!("{address}/32"));
    }
    batch
}

/// In the client's namespace.
#[must_use]
pub fn client() -> String {
    stub(&CLIENTS)
}

/// In the outer namespace: the link to a node, and the way to the node's Pods.
#[must_use]
pub fn join_node(namespace: &Namespace, place: &NodePlace) -> String {
    let (link_name, address) = (place.link(), place.address);
    let mut batch = link(&link_name, namespace);
    batch += &route(&link_name, &format!("{address}/32"));
    batch += &route(
        &link_name,
        &format!("{} via {address} onlink", pods_of_node(place.number)),
    );
    batch
}

/// In a node's namespace.
#[must_use]
pub fn node(place: &NodePlace) -> String {
    stub(&[place.address])
}

fn link(name: &str, peer: &Namespace) -> String {
    let peer = peer.name();
    format!(
        "link add {name} type veth peer name eth0 netns {peer}\nlink set {name} up\naddress add {NEXT_HOP}/32 dev {name} scope link\n"
    )
}

/// The router speaks with its own address, not with the link's.
fn route(link: &str, to: &str) -> String {
    format!("route add {to} dev {link} src {ROUTER}\n")
}

/// A namespace with one link: everything goes to the router.
fn stub(addresses: &[Ipv4Addr]) -> String {
    let mut batch = "link set lo up\nlink set eth0 up\n".to_owned();
    for address in addresses {
        // Writing to a String cannot fail.
        let _ = writeln!(batch, "address add {address}/32 dev eth0");
    }
    let first = addresses.first().map(|address| format!(" src {address}"));
    let _ = writeln!(
        batch,
        "route add default via {NEXT_HOP} dev eth0 onlink{}",
        first.unwrap_or_default()
    );
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: NodePlace = NodePlace {
        address: Ipv4Addr::new(10, 0, 16, 4),
        number: 2,
    };

    #[test]
    fn a_node_is_reached_by_its_own_address_and_its_pods_by_way_of_it() {
        let batch = join_node(&Namespace::named("elbow-0-n"), &PLACE);
        let routes: Vec<&str> = batch.lines().filter(|line| line.starts_with("route")).collect();
        assert_eq!(
            routes,
            [
                "route add 10.0.16.4/32 dev node2 src 10.0.0.1",
                "route add 10.244.2.0/24 via 10.0.16.4 onlink dev node2 src 10.0.0.1",
            ]
        );
        assert!(batch.starts_with("link add node2 type veth peer name eth0 netns elbow-0-n\n"));
    }

    #[test]
    fn what_is_sent_to_nobody_vanishes() {
        let batch = outer();
        let routes: Vec<&str> = batch.lines().filter(|line| line.starts_with("route")).collect();
        assert_eq!(
            routes,
            [
                "route add 10.0.0.0/16 dev nowhere src 10.0.0.1",
                "route add 10.244.0.0/16 dev nowhere src 10.0.0.1",
                "route add 198.18.0.0/15 dev nowhere src 10.0.0.1",
            ]
        );
    }

    #[test]
    fn a_node_sends_everything_to_the_router() {
        assert_eq!(
            node(&PLACE),
            "link set lo up\nlink set eth0 up\naddress add 10.0.16.4/32 dev eth0\n\
             route add default via 169.254.1.1 dev eth0 onlink src 10.0.16.4\n"
        );
    }

    #[test]
    fn the_client_speaks_with_its_first_address_unless_it_chooses_another() {
        let batch = client();
        assert_eq!(batch.matches("address add").count(), CLIENTS.len());
        assert!(batch.ends_with("src 203.0.113.10\n"), "{batch}");
        let joined = join_client(&Namespace::named("elbow-0-client"));
        assert_eq!(joined.matches("route add 203.0.113.").count(), CLIENTS.len());
    }
}
