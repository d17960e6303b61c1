//! Addresses and security groups of network load balancers.

use elbow::service::{IpFamily, Protocol, Service};

use super::{Action, Sequence, changes};
use crate::world::{ALLOCATIONS, World, annotate, service, service_port};

fn internal() -> Service {
    service("web", &[(80, 30080)])
}

fn with(annotations: &[(&str, &str)]) -> Service {
    let mut web = internal();
    for (key, value) in annotations {
        annotate(&mut web, key, value);
    }
    web
}

fn facing(allocations: &[&str]) -> Service {
    with(&[
        ("scheme", "internet-facing"),
        ("eip-allocations", &allocations.join(",")),
    ])
}

#[tokio::test(start_paused = true)]
async fn elastic_addresses_from_the_first_call_on_survive_every_fault() {
    let sequence = Sequence::new(vec![], vec![Action::Serve(facing(&ALLOCATIONS[..3]))]);
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn other_elastic_addresses_survive_every_fault() {
    let before = vec![facing(&ALLOCATIONS[..3])];
    let sequence = Sequence::new(before, vec![Action::Serve(facing(&ALLOCATIONS[3..]))]);
    sequence.holds().await;
    assert!(sequence.clean_end().await.contains(ALLOCATIONS[3]));
}

#[tokio::test(start_paused = true)]
async fn giving_elastic_addresses_back_survives_every_fault() {
    let before = vec![facing(&ALLOCATIONS[..3])];
    let bare = with(&[("scheme", "internet-facing")]);
    let sequence = Sequence::new(before, vec![Action::Serve(bare)]);
    sequence.holds().await;
    assert!(!sequence.clean_end().await.contains("eipalloc-"));
}

#[tokio::test(start_paused = true)]
async fn taking_elastic_addresses_away_survives_every_fault_and_leaves_nothing() {
    let web = facing(&ALLOCATIONS[..3]);
    let sequence = Sequence::new(vec![web.clone()], vec![Action::Remove(web)]);
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn private_addresses_survive_every_fault() {
    let chosen = with(&[("private-ipv4-addresses", "10.0.0.10,10.0.1.10,10.0.2.10")]);
    let sequence = Sequence::new(vec![internal()], vec![Action::Serve(chosen)]);
    sequence.holds().await;
    assert!(sequence.clean_end().await.contains("10.0.1.10"));
}

#[tokio::test(start_paused = true)]
async fn dual_stack_on_and_off_survives_every_fault() {
    let dual = with(&[("ip-address-type", "dualstack")]);
    changes(internal(), dual.clone()).await;
    changes(dual, internal()).await;
}

#[tokio::test(start_paused = true)]
async fn udp_on_dual_stack_comes_with_source_nat_and_goes_before_it() {
    let dual = with(&[
        ("ip-address-type", "dualstack"),
        ("enable-prefix-for-ipv6-source-nat", "on"),
    ]);
    let mut udp = dual;
    udp.ip_families = vec![IpFamily::V4, IpFamily::V6];
    udp.ports.push(service_port(Protocol::Udp, 53, 30053));
    let mut without_nat = internal();
    without_nat.ports.push(service_port(Protocol::Udp, 53, 30053));
    changes(internal(), udp.clone()).await;
    changes(udp.clone(), internal()).await;
    changes(without_nat.clone(), udp).await;
    let mut after_udp = internal();
    annotate(&mut after_udp, "ip-address-type", "dualstack");
    changes(without_nat, after_udp).await;
}

#[tokio::test(start_paused = true)]
async fn groups_of_ones_own_on_and_off_survive_every_fault() {
    let own = with(&[("security-groups", "sg-0f0f0f0f0f0f0f0f0")]);
    changes(internal(), own.clone()).await;
    changes(own, internal()).await;
}

#[tokio::test(start_paused = true)]
async fn groups_of_ones_own_beside_the_shared_one_survive_every_fault() {
    let own = with(&[("security-groups", "sg-0f0f0f0f0f0f0f0f0")]);
    let managed = with(&[
        ("security-groups", "sg-0f0f0f0f0f0f0f0f0"),
        ("manage-backend-security-group-rules", "true"),
    ]);
    changes(internal(), managed.clone()).await;
    changes(own, managed.clone()).await;
    changes(managed, internal()).await;
}

fn without_groups() -> Service {
    with(&[("disable-nlb-sg", "true")])
}

#[tokio::test(start_paused = true)]
async fn no_security_group_at_all_survives_every_fault() {
    let sequence = Sequence::new(vec![], vec![Action::Serve(without_groups())]);
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn turning_to_no_security_group_and_back_survives_every_fault() {
    let sequence = Sequence::new(vec![internal()], vec![Action::Serve(without_groups())]);
    sequence.holds().await;
    changes(without_groups(), internal()).await;
}

#[tokio::test(start_paused = true)]
async fn taking_one_without_groups_away_survives_every_fault_and_leaves_nothing() {
    let sequence = Sequence::new(vec![without_groups()], vec![Action::Remove(without_groups())]);
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}
