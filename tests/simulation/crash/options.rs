//! Options that are set by calls of their own, and target groups that are shared.

use elbow::aws::stack::Target;
use elbow::service::{Port, Service};

use super::{Action, Sequence, changes};
use crate::world::{WEB_ACL, World, alb, annotate, instance, launch_foreign, service};

fn with(mut web: Service, annotations: &[(&str, &str)]) -> Service {
    for (key, value) in annotations {
        annotate(&mut web, key, value);
    }
    web
}

fn web() -> Service {
    service("web", &[(80, 30080)])
}

fn network() -> Service {
    with(
        web(),
        &[
            ("minimum-load-balancer-capacity", "CapacityUnits=3000"),
            ("listener-attributes.TCP-80", "tcp.idle_timeout.seconds=400"),
            ("inbound-sg-rules-on-private-link-traffic", "off"),
            ("attributes", "deletion_protection.enabled=true"),
        ],
    )
}

fn application() -> Service {
    with(
        alb(web()),
        &[
            ("minimum-load-balancer-capacity", "CapacityUnits=3000"),
            (
                "listener-attributes.HTTP-80",
                "routing.http.response.server.enabled=false",
            ),
            ("wafv2-acl-arn", WEB_ACL),
        ],
    )
}

#[tokio::test(start_paused = true)]
async fn making_a_network_load_balancer_with_every_option_survives_every_fault() {
    let sequence = Sequence::new(vec![], vec![Action::Serve(network())]);
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn setting_and_removing_options_of_a_network_load_balancer_survives_every_fault() {
    changes(web(), network()).await;
    changes(network(), web()).await;
}

#[tokio::test(start_paused = true)]
async fn making_an_application_load_balancer_with_every_option_survives_every_fault() {
    let sequence = Sequence::new(vec![], vec![Action::Serve(application())]);
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn setting_and_removing_options_of_an_application_load_balancer_survives_every_fault() {
    changes(alb(web()), application()).await;
    changes(application(), alb(web())).await;
}

#[tokio::test(start_paused = true)]
async fn taking_away_what_has_options_survives_every_fault_and_leaves_nothing() {
    let sequence = Sequence::new(vec![application()], vec![Action::Remove(application())]);
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn a_protected_load_balancer_goes_once_the_annotation_says_so() {
    let allowed = with(web(), &[("attributes", "deletion_protection.enabled=false")]);
    let sequence = Sequence::new(vec![network()], vec![Action::Remove(allowed)]);
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}

const CANARY: &str = r#"{"type":"forward","forwardConfig":{"baseServiceWeight":90,
    "targetGroups":[{"serviceName":"canary","servicePort":"http","weight":10}]}}"#;
const CANARY_ALONE: &str = r#"{"type":"forward","forwardConfig":{"baseServiceWeight":0,
    "targetGroups":[{"serviceName":"canary","servicePort":"http","weight":100}]}}"#;

#[tokio::test(start_paused = true)]
async fn shares_with_a_companion_survive_every_fault() {
    for base in [web(), alb(web())] {
        let listener = if base.class.is_some() { "HTTP-80" } else { "TCP-80" };
        let shared = |action| {
            let mut shared = base.clone();
            let key = format!("service.beta.kubernetes.io/actions.{listener}");
            shared.annotations.insert(key, String::from(action));
            shared
        };
        changes(base.clone(), shared(CANARY)).await;
        changes(shared(CANARY), shared(CANARY_ALONE)).await;
        changes(shared(CANARY), base.clone()).await;
    }
}

/// A node of another cluster, which that cluster has registered.
fn register_a_strangers_node(world: &World) {
    launch_foreign(&world.aws, 50);
    let mut state = world.aws.state();
    let target = Target {
        instance: instance(50),
        port: Port::new(31999).unwrap(),
    };
    state.target_group("k8s-shop-web-").1.targets.insert(target);
}

#[tokio::test(start_paused = true)]
async fn nodes_of_another_cluster_stay_in_a_shared_target_group() {
    let shared = with(web(), &[("multi-cluster-target-group", "true")]);
    let mut changed = shared.clone();
    changed.ports[0].node_port = Port::new(31111);
    let sequence = Sequence {
        before: vec![shared],
        by_hand: register_a_strangers_node,
        climate: super::climate::Climate::Mild,
        restarts: false,
        actions: vec![Action::Serve(changed)],
    };
    sequence.holds().await;
    assert!(sequence.clean_end().await.contains(":31999"));
}
