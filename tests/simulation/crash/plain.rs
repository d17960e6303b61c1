//! Plain load balancers: ports, tags, health checks, scheme.

use elbow::service::Service;

use super::{Action, Sequence};
use crate::world::{World, annotate, service};

fn one_port() -> Service {
    service("web", &[(80, 30080)])
}

fn two_ports() -> Service {
    service("web", &[(80, 30080), (443, 30443)])
}

fn other() -> Service {
    service("other", &[(8080, 30808)])
}

#[tokio::test(start_paused = true)]
async fn create_beside_another_service_survives_every_fault() {
    Sequence::new(vec![other()], vec![Action::Serve(one_port())])
        .holds()
        .await;
}

#[tokio::test(start_paused = true)]
async fn adding_and_removing_ports_survives_every_fault() {
    let mut changed = service("web", &[(443, 30443), (8443, 30844)]);
    changed.source_ranges = vec!["192.0.2.0/24".to_owned()];
    annotate(&mut changed, "additional-resource-tags", "team=shop");
    annotate(&mut changed, "attributes", "load_balancing.cross_zone.enabled=true");
    annotate(
        &mut changed,
        "target-group-attributes",
        "deregistration_delay.timeout_seconds=30",
    );
    annotate(&mut changed, "healthcheck-interval", "20");
    Sequence::new(vec![two_ports()], vec![Action::Serve(changed)])
        .holds()
        .await;
}

#[tokio::test(start_paused = true)]
async fn deleting_the_last_service_survives_every_fault_and_leaves_nothing() {
    let sequence = Sequence::new(vec![two_ports()], vec![Action::Remove(two_ports())]);
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn deleting_one_of_two_services_survives_every_fault() {
    Sequence::new(vec![two_ports(), other()], vec![Action::Remove(two_ports())])
        .holds()
        .await;
}
