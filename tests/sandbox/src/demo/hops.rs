//! The way that one request took, hop by hop, as its answer tells it.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::tree::Tree;
use crate::echo::Answer;

/// A node, as the source addresses of its packets tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Its name in Kubernetes.
    pub(super) name: String,
    /// Its own address.
    pub(super) address: IpAddr,
    /// The range of its Pods; the node speaks to them with the first address of it.
    pub(super) pods: IpNet,
}

/// The port of a Service that was asked, and what is known of it beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Door {
    /// The load balancer's name.
    pub(super) balancer: String,
    /// The ClusterIP.
    pub(super) cluster_ip: String,
    /// The Service's port.
    pub(super) port: i32,
    /// The port on every node.
    pub(super) node_port: i32,
}

/// Draws the way: load balancer, node, ClusterIP, Pod. `address` is where the client connected to, where it said so.
pub(super) fn draw(door: &Door, address: Option<SocketAddr>, answer: &Answer, nodes: &[Node]) -> String {
    let Door {
        balancer,
        cluster_ip,
        port,
        node_port,
    } = door;
    let at = address.map_or_else(|| format!("port {port}"), |address| format!("at {address}"));
    let hops = [
        format!("load balancer {balancer} {at}"),
        format!("node {}:{node_port}", entry(answer, nodes)),
        format!("ClusterIP {cluster_ip}:{port}"),
        format!("pod {} {} on {}", answer.pod, arrival(answer.server), answer.node),
    ];
    let below = |below: Option<Tree>, text: String| {
        let branches = below.into_iter().collect();
        Some(Tree { text, branches })
    };
    let tree = hops.into_iter().rev().fold(None, below);
    tree.map(|tree| tree.draw()).unwrap_or_default()
}

/// The node that the load balancer chose. kube-proxy puts an address of that node in the client's place, so that the answer
/// comes back over it; where it does not, as under `externalTrafficPolicy: Local`, the Pod is on that node.
/// <https://kubernetes.io/docs/reference/networking/virtual-ips/#external-traffic-policy>
fn entry<'a>(answer: &'a Answer, nodes: &'a [Node]) -> &'a str {
    let from = answer.client.ip();
    let mut speaking = nodes
        .iter()
        .filter(|node| node.address == from || node.pods.contains(&from));
    speaking.next().map_or(&answer.node, |node| &node.name)
}

/// Where the Pod was reached; of datagrams it knows the port only.
fn arrival(server: SocketAddr) -> String {
    if server.ip().is_unspecified() {
        format!(":{}", server.port())
    } else {
        server.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn nodes() -> Vec<Node> {
        let node = |number: u8| Node {
            name: format!("node-{number}"),
            address: IpAddr::from([10, 0, 16, number]),
            pods: format!("10.244.{number}.0/24").parse().unwrap(),
        };
        vec![node(1), node(2)]
    }

    fn answer(client: &str, server: &str) -> Answer {
        from_value(json!({
            "pod": "web-1", "node": "node-2", "protocol": "HTTP/1.1", "client": client, "server": server, "message": "",
        }))
        .unwrap()
    }

    #[test]
    fn the_node_that_was_entered_is_the_one_whose_address_the_pod_saw() {
        for (client, entered) in [
            ("10.0.16.1:4711", "node-1"),
            ("10.0.16.2:4711", "node-2"),
            ("10.244.2.1:4711", "node-2"),
            ("203.0.113.10:4711", "node-2"),
        ] {
            assert_eq!(entry(&answer(client, "10.244.2.5:8080"), &nodes()), entered, "{client}");
        }
    }

    #[test]
    fn every_hop_is_below_the_one_before() {
        let door = Door {
            balancer: "k8s-demo-web".to_owned(),
            cluster_ip: "10.96.0.9".to_owned(),
            port: 80,
            node_port: 31000,
        };
        let address = "198.18.0.1:80".parse().ok();
        assert_eq!(
            draw(&door, address, &answer("10.0.16.1:4711", "10.244.2.5:8080"), &nodes()),
            "load balancer k8s-demo-web at 198.18.0.1:80\n\
             └─ node node-1:31000\n   \
                └─ ClusterIP 10.96.0.9:80\n      \
                   └─ pod web-1 10.244.2.5:8080 on node-2\n"
        );
        let datagram = draw(&door, None, &answer("10.0.16.1:4711", "0.0.0.0:5353"), &nodes());
        assert!(
            datagram.starts_with("load balancer k8s-demo-web port 80\n"),
            "{datagram}"
        );
        assert!(datagram.ends_with("pod web-1 :5353 on node-2\n"), "{datagram}");
    }
}
