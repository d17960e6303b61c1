//! What security groups drop.

use std::net::Ipv4Addr;

use crate::Picture;
use crate::bed::{Bed, CLIENT};
use crate::fixture::picture;
use crate::model::{Peer, Permission, Traffic};
use crate::verdict::State;

const BALANCER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

fn permit(picture: &mut Picture, group: &str, peers: Vec<Peer>) {
    let permission = Permission {
        traffic: Traffic::Tcp(1..=65535),
        peers,
    };
    picture.model.security_groups.get_mut(group).unwrap().ingress = vec![permission];
}

fn range(text: &str) -> Peer {
    Peer::Range(text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn the_load_balancers_group_decides_which_clients_get_in() {
    let bed = Bed::new().await;
    let mut picture = picture();
    bed.serve_healthy(&picture).await;
    let other = Ipv4Addr::new(203, 0, 113, 11);
    assert!(bed.ask(other, BALANCER).await.is_some());
    permit(&mut picture, "sg-lb", vec![range("203.0.113.10/32")]);
    bed.serve(&picture).await;
    bed.wait("the new rule", async || bed.ask(other, BALANCER).await.is_none())
        .await;
    assert!(bed.dropped("to-web").await > 0);
    assert!(bed.ask(CLIENT, BALANCER).await.is_some());
    permit(&mut picture, "sg-lb", vec![range("203.0.113.10/31")]);
    bed.serve(&picture).await;
    bed.wait("the wider rule", async || bed.ask(other, BALANCER).await.is_some())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn a_node_that_admits_no_load_balancer_gets_neither_connections_nor_health_checks() {
    let bed = Bed::new().await;
    let mut picture = picture();
    permit(&mut picture, "sg-nodes", vec![range("10.9.0.0/16")]);
    bed.serve(&picture).await;
    let verdict = bed.until("a", State::Unhealthy).await;
    assert_eq!(verdict.reason, "Target.Timeout");
    assert_eq!(bed.ask(CLIENT, BALANCER).await, None, "fails open, and the node drops");
    assert!(bed.dropped("to-i-a").await > 0);
    permit(&mut picture, "sg-nodes", vec![Peer::Group("sg-lb".to_owned())]);
    bed.serve(&picture).await;
    bed.until("a", State::Healthy).await;
    assert!(bed.ask(CLIENT, BALANCER).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn open_connections_outlive_the_rule_that_let_them_in() {
    let bed = Bed::new().await;
    let mut picture = picture();
    bed.serve_healthy(&picture).await;
    let mut open = bed.connect(CLIENT, BALANCER).await.unwrap();
    permit(&mut picture, "sg-lb", vec![]);
    bed.serve(&picture).await;
    bed.wait("the end of new connections", async || {
        bed.ask(CLIENT, BALANCER).await.is_none()
    })
    .await;
    assert!(open.ask().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn a_load_balancer_without_groups_needs_the_nodes_to_admit_its_clients_and_itself() {
    let bed = Bed::new().await;
    let mut picture = picture();
    picture.model.load_balancers[0].security_groups.clear();
    permit(
        &mut picture,
        "sg-nodes",
        vec![range("10.0.1.0/24"), range("10.0.2.0/24"), range("10.0.3.0/24")],
    );
    bed.serve_healthy(&picture).await;
    assert_eq!(
        bed.ask(CLIENT, BALANCER).await,
        None,
        "nodes see the client's own address"
    );
    permit(&mut picture, "sg-nodes", vec![range("0.0.0.0/0")]);
    bed.serve(&picture).await;
    bed.wait("the wider rule", async || bed.ask(CLIENT, BALANCER).await.is_some())
        .await;
}
