//! Where connections go.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::bed::{Bed, CLIENT};
use crate::fixture::{group, picture};
use crate::model::{Attributes, ListenerProtocol};

const CROSS_ZONE: (&str, &str) = ("load_balancing.cross_zone.enabled", "true");

/// The public addresses in the zones a, b and c.
const PUBLIC: [Ipv4Addr; 3] = [
    Ipv4Addr::new(198, 18, 0, 1),
    Ipv4Addr::new(198, 18, 0, 2),
    Ipv4Addr::new(198, 18, 0, 3),
];

/// The nodes that answer a number of connections.
async fn nodes(bed: &Bed, to: Ipv4Addr, connections: usize) -> BTreeSet<String> {
    let mut nodes = BTreeSet::new();
    for _ in 0..connections {
        nodes.insert(bed.ask(CLIENT, to).await.unwrap().0);
    }
    nodes
}

fn answered(node: &str, client: &str) -> Option<(String, String)> {
    Some((node.to_owned(), client.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn tcp_reaches_the_target_of_its_zone_with_the_clients_address() {
    let bed = Bed::new().await;
    bed.serve_healthy(&picture()).await;
    assert_eq!(bed.named(), PUBLIC);
    for (to, node) in PUBLIC.into_iter().zip(["a", "b", "c"]) {
        assert_eq!(bed.ask(CLIENT, to).await, answered(node, "203.0.113.10"));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn tcp_and_udp_share_a_port() {
    let bed = Bed::new().await;
    let mut picture = picture();
    picture.model.load_balancers[0].listeners[0].protocol = ListenerProtocol::TcpUdp;
    picture.model.load_balancers[0].security_groups.clear();
    admit_everyone(&mut picture);
    bed.serve_healthy(&picture).await;
    assert_eq!(bed.ask(CLIENT, PUBLIC[1]).await, answered("b", "203.0.113.10"));
    assert_eq!(
        bed.ask_by_datagram(CLIENT, PUBLIC[1]).await,
        answered("b", "203.0.113.10")
    );
}

/// Opens the nodes for everything.
fn admit_everyone(picture: &mut crate::Picture) {
    let open = picture.model.security_groups["sg-lb"].clone();
    picture.model.security_groups.insert("sg-nodes".to_owned(), open);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn without_the_clients_address_targets_see_the_load_balancers_private_one() {
    let bed = Bed::new().await;
    let mut picture = picture();
    group(&mut picture).attributes = Attributes::from_iter([("preserve_client_ip.enabled", "false")]);
    bed.serve_healthy(&picture).await;
    assert_eq!(bed.ask(CLIENT, PUBLIC[2]).await, answered("c", "10.0.3.254"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn connections_spread_over_all_zones_only_with_cross_zone_load_balancing() {
    let bed = Bed::new().await;
    let mut picture = picture();
    bed.serve_healthy(&picture).await;
    assert_eq!(nodes(&bed, PUBLIC[0], 10).await, ["a".to_owned()].into());
    group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE]);
    bed.serve(&picture).await;
    let spread = async || nodes(&bed, PUBLIC[0], 10).await.len() == 3;
    bed.wait("answers of all nodes", spread).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn with_stickiness_a_client_stays_with_its_target() {
    let bed = Bed::new().await;
    let mut picture = picture();
    group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE, ("stickiness.enabled", "true")]);
    bed.serve_healthy(&picture).await;
    assert_eq!(nodes(&bed, PUBLIC[0], 20).await.len(), 1);
    // All zones agree.
    assert_eq!(nodes(&bed, PUBLIC[0], 1).await, nodes(&bed, PUBLIC[1], 1).await);
}
