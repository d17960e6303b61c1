//! Changes by hand in AWS: seen by the audit, repaired by the next pass, counted.

use elbow::aws::api::ActionSettings;
use elbow::aws::audit::Drift;
use elbow::aws::ids::{InstanceId, SubnetId};
use elbow::aws::stack::{IngressRule, ListenerProtocol, RuleProtocol, RuleSource, Target};
use elbow::service::{Port, Service};
use rstest::rstest;

use crate::aws::State;
use crate::world::{World, instance, service};

fn web() -> Service {
    service("web", &[(80, 30080), (443, 30443)])
}

const NAME: &str = "k8s-shop-web-";

fn set(map: &mut std::collections::BTreeMap<String, String>, key: &str, value: &str) {
    map.insert(key.to_owned(), value.to_owned());
}

fn rule(port: u16) -> IngressRule {
    IngressRule {
        protocol: RuleProtocol::Tcp,
        from: port,
        to: port,
        source: RuleSource::Cidr("198.51.100.0/24".parse().unwrap()),
    }
}

fn open_a_port(state: &mut State) {
    let id = state.group(NAME);
    state.group_mut(&id).unwrap().rules.insert(rule(22));
}

fn close_all_ports(state: &mut State) {
    let id = state.group(NAME);
    state.group_mut(&id).unwrap().rules.clear();
}

fn tag_the_group(state: &mut State) {
    let id = state.group(NAME);
    set(&mut state.group_mut(&id).unwrap().tags, "elbow.dev/service", "nobody");
}

fn delete_the_load_balancer(state: &mut State) {
    state.remove_load_balancer(NAME);
}

fn tag_the_load_balancer(state: &mut State) {
    set(&mut state.load_balancer(NAME).1.tags, "extra", "by hand");
}

fn change_subnets(state: &mut State) {
    state
        .load_balancer(NAME)
        .1
        .subnets
        .remove(&SubnetId::new("subnet-0a0a0a0a0a0a0a0a0"));
}

fn take_the_backend_group(state: &mut State) {
    let backend = state.group("k8s-backend-");
    state.load_balancer(NAME).1.groups.remove(&backend);
}

fn change_the_load_balancers_attribute(state: &mut State) {
    set(
        &mut state.load_balancer(NAME).1.attributes,
        "load_balancing.cross_zone.enabled",
        "true",
    );
}

fn delete_a_listener(state: &mut State) {
    let (arn, _) = state.listener(NAME);
    state.listeners.remove(&arn);
}

fn change_a_listeners_port(state: &mut State) {
    state.listener(NAME).1.settings.port = Port::new(8080).unwrap();
}

fn turn_a_listener_to_udp(state: &mut State) {
    state.listener(NAME).1.settings.protocol = ListenerProtocol::Udp;
}

fn lead_a_listener_astray(state: &mut State) {
    let foreign = state.target_group("foreign").0;
    state.listener(NAME).1.settings.action = ActionSettings::Forward {
        to: [(foreign, 1)].into(),
        stickiness: None,
    };
}

fn untag_a_listener(state: &mut State) {
    state.listener(NAME).1.tags.clear();
}

fn delete_a_target_group_and_its_listener(state: &mut State) {
    let target_group = state.target_group(NAME).0;
    state.listeners.retain(|_, listener| !listener.leads_to(&target_group));
    state.target_groups.remove(&target_group);
}

fn change_a_health_check(state: &mut State) {
    state.target_group(NAME).1.settings.health_check.interval = 300;
}

fn change_a_target_groups_attribute(state: &mut State) {
    set(
        &mut state.target_group(NAME).1.attributes,
        "deregistration_delay.timeout_seconds",
        "1",
    );
}

fn tag_a_target_group(state: &mut State) {
    set(&mut state.target_group(NAME).1.tags, "elbow.dev/resource", "nothing");
}

fn deregister_a_target(state: &mut State) {
    state
        .target_group(NAME)
        .1
        .targets
        .retain(|target| target.instance != instance(2));
}

fn register_a_stranger(state: &mut State) {
    let target = Target {
        instance: InstanceId::new("i-00000000000000bad"),
        port: Port::new(30080).unwrap(),
    };
    state.target_group(NAME).1.targets.insert(target);
}

fn delete_the_frontend_group(state: &mut State) {
    let id = state.group(NAME);
    state.load_balancer(NAME).1.groups.remove(&id);
    state.groups.remove(&id);
}

/// A test for each thing that people change by hand, with the drift that it is.
macro_rules! for_each_change {
    (async fn $name:ident($by_hand:ident, $resource:ident, $field:ident) $body:block) => {
        #[rstest]
        #[case(open_a_port, "security-group", "rules")]
        #[case(close_all_ports, "security-group", "rules")]
        #[case(tag_the_group, "security-group", "tags")]
        #[case(delete_the_frontend_group, "security-group", "missing")]
        #[case(delete_the_load_balancer, "load-balancer", "missing")]
        #[case(tag_the_load_balancer, "load-balancer", "tags")]
        #[case(change_subnets, "load-balancer", "subnets")]
        #[case(take_the_backend_group, "load-balancer", "security-groups")]
        #[case(change_the_load_balancers_attribute, "load-balancer", "attributes")]
        #[case(delete_a_listener, "listener", "missing")]
        #[case(change_a_listeners_port, "listener", "port")]
        #[case(turn_a_listener_to_udp, "listener", "protocol")]
        #[case(lead_a_listener_astray, "listener", "action")]
        #[case(untag_a_listener, "listener", "tags")]
        #[case(delete_a_target_group_and_its_listener, "target-group", "missing")]
        #[case(change_a_health_check, "target-group", "health-check")]
        #[case(change_a_target_groups_attribute, "target-group", "attributes")]
        #[case(tag_a_target_group, "target-group", "tags")]
        #[case(deregister_a_target, "target-group", "targets")]
        #[case(register_a_stranger, "target-group", "targets")]
        #[tokio::test(start_paused = true)]
        async fn $name(
            #[case] $by_hand: fn(&mut State),
            #[case] $resource: &'static str,
            #[case] $field: &'static str,
        ) $body
    };
}

for_each_change! {
    async fn drift_is_counted_by_the_audit_and_healed_by_the_next_pass(by_hand, resource, field) {
        let world = World::warm().await;
        let mut web = web();
        world.serve(&mut web).await;
        let settled = world.aws.digest();
        by_hand(&mut world.aws.state());
        assert_ne!(world.aws.digest(), settled);

        world.audit().await;
        let drift: Vec<Drift> = world.provider.drift().iter().map(|counted| counted.drift).collect();
        assert!(drift.contains(&Drift { resource, field }), "{drift:?}");
        world.serve(&mut web).await;
        assert_eq!(world.aws.digest(), settled);

        world.audit().await;
        let again: Vec<Drift> = world.provider.drift().iter().map(|counted| counted.drift).collect();
        assert_eq!(again, drift, "healing is no drift");
    }
}

// Whether the first pass after the restart sees it or only the audit does.
for_each_change! {
    async fn what_was_changed_while_the_process_was_down_is_counted_and_healed_after_one_audit(by_hand, resource, _field) {
        let mut world = World::warm().await;
        let mut web = web();
        world.serve(&mut web).await;
        let settled = world.aws.digest();
        by_hand(&mut world.aws.state());
        world.restart();
        let first = world.serve(&mut web).await;
        assert!(first.receipt.is_some());
        world.audit().await;
        let counted: Vec<Drift> = world.provider.drift().iter().map(|counted| counted.drift).collect();
        world.serve(&mut web).await;
        assert_eq!(world.aws.digest(), settled);
        assert_eq!(world.aws.refusals(), Vec::<String>::new());
        // What a snapshot shows is healed by the first pass, like any other difference that a start finds.
        let is_counted = counted.iter().any(|drift| drift.resource == resource);
        assert!(first.writes > 0 || is_counted, "{counted:?}");

        world.audit().await;
        let again: Vec<Drift> = world.provider.drift().iter().map(|counted| counted.drift).collect();
        assert_eq!(again, counted, "healing is no drift");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_audit_after_a_restart_counts_nothing_where_nothing_was_changed() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    world.restart();
    world.serve(&mut web).await;
    world.audit().await;
    assert_eq!(world.provider.drift(), []);
    let (ensured, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!((ensured.unwrap().writes, calls), (0, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn without_drift_nothing_is_counted_or_written() {
    let world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    let (_, calls) = world.calls_of(world.audit()).await;
    assert!(calls.iter().all(|call| call.contains(":Describe")), "{calls:?}");
    assert_eq!(world.provider.drift(), []);
    let (ensured, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!((ensured.unwrap().writes, calls), (0, Vec::new()));
}

#[rstest]
#[case(delete_the_load_balancer)]
#[case(delete_a_listener)]
#[case(delete_a_target_group_and_its_listener)]
#[case(delete_the_frontend_group)]
#[tokio::test(start_paused = true)]
async fn a_service_is_deleted_though_a_part_of_it_went_away_unseen(#[case] by_hand: fn(&mut State)) {
    let world = World::warm().await;
    let before = world.aws.digest();
    world.serve(&mut web()).await;
    by_hand(&mut world.aws.state());
    assert!(world.delete(&web()).await.is_ok());
    assert_eq!(world.aws.digest(), before);
}

#[rstest]
#[case(delete_the_load_balancer)]
#[case(delete_a_target_group_and_its_listener)]
#[case(delete_the_frontend_group)]
#[case(open_a_port)]
#[case(close_all_ports)]
#[case(delete_a_listener)]
#[tokio::test(start_paused = true)]
async fn a_change_that_meets_drift_nobody_has_seen_ends_as_on_a_fresh_service(#[case] by_hand: fn(&mut State)) {
    let mut changed = service("web", &[(443, 30443), (8443, 30844)]);
    let world = World::warm().await;
    world.serve(&mut web()).await;
    by_hand(&mut world.aws.state());
    world.serve(&mut changed).await;
    world.audit().await;
    world.serve(&mut changed).await;
    let fresh = World::warm().await;
    fresh.serve(&mut changed.clone()).await;
    assert_eq!(world.aws.digest(), fresh.aws.digest());
}
