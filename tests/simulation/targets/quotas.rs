//! More nodes than may be targets, and more of everything else than an account may have.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use elbow::aws::pace::Rates;
use elbow::provider::{Ensured, ProviderError};
use elbow::service::Service;
use tokio::time::{Instant, sleep};

use super::{targets, web};
use crate::aws::Limits;
use crate::world::{World, ZONES, alb, annotate, crowd, crowd_instance, provider_at, service, zone};

/// When AWS is asked again for more than it has let through.
const PAUSE: Duration = Duration::from_secs(300);

/// So many nodes, and a Service that balances load across zones.
async fn crowded(count: u16) -> (World, Service) {
    let mut world = World::warm().await;
    world.nodes = crowd(&world.aws, 0..count);
    let mut web = web();
    annotate(&mut web, "cross-zone-load-balancing-enabled", "true");
    (world, web)
}

/// Passes until nothing waits for AWS's rate any more.
async fn paced(world: &World, service: &Service) -> Ensured {
    loop {
        let ensured = world.ensure(service).await.unwrap();
        if ensured.pending.is_none() {
            return ensured;
        }
        sleep(ensured.recheck.expect("a turn comes")).await;
    }
}

/// How many of the targets are in each zone.
fn by_zone(world: &World, nodes: u16) -> Vec<usize> {
    let zones: BTreeMap<String, &str> = (0..nodes)
        .map(|number| (crowd_instance(number).to_string(), zone(number)))
        .collect();
    let targets = targets(world);
    let count = |wanted: &&str| targets.iter().filter(|target| zones[*target] == *wanted).count();
    ZONES.iter().map(count).collect()
}

fn told(ensured: &Ensured) -> &str {
    let [warning] = &ensured.warnings[..] else {
        panic!("one warning: {:?}", ensured.warnings)
    };
    assert_eq!(warning.reason, "TargetQuota");
    &warning.message
}

#[tokio::test(start_paused = true)]
async fn of_twelve_hundred_nodes_as_many_serve_as_the_quota_allows_evenly_and_steadily() {
    let (mut world, mut web) = crowded(1200).await;
    let ensured = world.serve(&mut web).await;
    let limits = |log: &[&str]| {
        log.iter()
            .filter(|call| call.ends_with(":DescribeAccountLimits"))
            .count()
    };
    assert_eq!(limits(&world.aws.take_log()), 1);
    assert_eq!(by_zone(&world, 1200), [167, 167, 166]);
    let message = told(&ensured);
    for part in [
        "500 of 1200 nodes",
        "Targets per Availability Zone per Network Load Balancer",
        "L-B211E961",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let (again, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!((told(&again.unwrap()), calls), (message, vec![]), "nothing flaps");

    let before = targets(&world);
    let leaver = (0..1200)
        .find(|number| before.contains(crowd_instance(*number).as_str()))
        .unwrap();
    world.nodes.nodes.remove(usize::from(leaver));
    world.ensure(&web).await.unwrap();
    let after = targets(&world);
    assert_eq!(
        before.difference(&after).collect::<Vec<_>>(),
        [crowd_instance(leaver).as_str()]
    );
    assert_eq!(after.difference(&before).count(), 1);

    let other = annotated("other");
    world.ensure(&other).await.unwrap();
    assert_eq!(limits(&world.aws.take_log()), 0, "the quotas are read once");
    assert_eq!(world.aws.refusals(), Vec::<String>::new());
}

fn annotated(name: &str) -> Service {
    let mut service = service(name, &[(80, 30090)]);
    annotate(&mut service, "cross-zone-load-balancing-enabled", "true");
    service
}

#[tokio::test(start_paused = true)]
async fn each_target_group_gets_its_share_of_the_quota() {
    let (world, mut web) = crowded(600).await;
    web.ports = service("web", &[(80, 30080), (443, 30443), (8080, 30808)]).ports;
    let ensured = world.serve(&mut web).await;
    assert!(told(&ensured).contains("166 of 600 nodes"), "{}", told(&ensured));
    let sizes: BTreeSet<usize> = {
        let state = world.aws.state();
        let groups = state
            .target_groups
            .values()
            .filter(|group| group.name.starts_with("k8s-shop-web-"));
        groups.map(|group| group.targets.len()).collect()
    };
    assert_eq!(sizes, [166].into());
    assert_eq!(world.aws.refusals(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn without_load_across_zones_each_zone_has_its_own_quota() {
    let (world, _) = crowded(900).await;
    let mut web = service("web", &[(80, 30080), (443, 30443)]);
    let ensured = world.serve(&mut web).await;
    assert!(told(&ensured).contains("750 of 900 nodes"), "{}", told(&ensured));
    assert_eq!(world.aws.refusals(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_application_load_balancer_has_its_own_quota() {
    let (world, _) = crowded(1100).await;
    let mut web = alb(web());
    let ensured = world.serve(&mut web).await;
    assert!(told(&ensured).contains("1000 of 1100 nodes"), "{}", told(&ensured));
    assert_eq!(world.aws.refusals(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_raised_quota_is_used_and_one_that_is_raised_later_is_seen_by_the_audit() {
    let (world, mut web) = crowded(700).await;
    world.aws.state().quotas.targets_of_network_in_zone = 600;
    let ensured = world.serve(&mut web).await;
    assert!(told(&ensured).contains("600 of 700 nodes"), "{}", told(&ensured));
    world.aws.state().quotas.targets_of_network_in_zone = 5000;
    world.audit().await;
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!((ensured.warnings, targets(&world).len()), (vec![], 700));
}

#[tokio::test(start_paused = true)]
async fn the_default_counts_where_the_quotas_may_not_be_read() {
    let (world, mut web) = crowded(700).await;
    let calls = {
        let (world, mut web) = crowded(700).await;
        world.serve(&mut web).await;
        world.aws.take_log()
    };
    let place = calls
        .iter()
        .position(|call| call.ends_with(":DescribeAccountLimits"))
        .unwrap();
    world.aws.fail(place, crate::aws::Fault::Refuse("AccessDenied"));
    let ensured = world.serve(&mut web).await;
    assert!(told(&ensured).contains("500 of 700 nodes"), "{}", told(&ensured));
}

#[tokio::test(start_paused = true)]
async fn a_full_load_balancer_swaps_all_its_targets_without_a_refusal_and_without_being_empty() {
    let (mut world, mut web) = crowded(500).await;
    world.serve(&mut web).await;
    world.nodes = crowd(&world.aws, 0..1000);
    world.serve(&mut web).await;
    world.nodes = crowd(&world.aws, 500..1000);
    world.serve(&mut web).await;
    let all: BTreeSet<String> = (500..1000).map(|number| crowd_instance(number).to_string()).collect();
    assert_eq!(targets(&world), all);
    web.ports = service("web", &[(80, 31111)]).ports;
    world.serve(&mut web).await;
    web.ports = service("web", &[(80, 31111), (443, 30443)]).ports;
    let ensured = world.serve(&mut web).await;
    assert!(told(&ensured).contains("250 of 500 nodes"), "{}", told(&ensured));
    assert_eq!(world.aws.refusals(), Vec::<String>::new());
    assert_eq!(world.aws.blackouts(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn where_aws_takes_fewer_targets_than_promised_those_are_even_and_more_are_tried_after_a_while() {
    let (world, web) = crowded(300).await;
    world.aws.state().quotas.targets_of_group = 90;
    let ensured = world.ensure(&web).await.unwrap();
    let message = told(&ensured);
    assert!(
        message.contains("90 of 300 nodes") && message.contains("TooManyTargets"),
        "{message}"
    );
    assert_eq!(by_zone(&world, 300), [30, 30, 30]);
    assert_eq!(ensured.recheck, Some(PAUSE));
    let (_, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!(calls, [""; 0]);

    sleep(PAUSE).await;
    let before = targets(&world);
    world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world), before, "nothing flaps");
    world.aws.state().quotas.targets_of_group = 1000;
    sleep(PAUSE).await;
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!((ensured.warnings, ensured.recheck), (vec![], None));
    assert_eq!(targets(&world).len(), 300);
    assert_eq!(world.aws.blackouts(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_same_comes_of_it_at_the_rate_at_which_aws_takes_calls() {
    let (mut world, web) = crowded(300).await;
    world.provider = provider_at(&world.aws, Rates::default());
    world.aws.state().limits = Limits::published();
    world.aws.state().quotas.targets_of_group = 90;
    let began = Instant::now();
    let ensured = paced(&world, &web).await;
    assert!(began.elapsed() < PAUSE / 5, "{:?}", began.elapsed());
    assert!(told(&ensured).contains("TooManyTargets"));
    let zones = by_zone(&world, 300);
    let (least, most) = (zones.iter().min().unwrap(), zones.iter().max().unwrap());
    assert!(*least >= 25 && most - least <= 1, "{zones:?}");
    assert_eq!(world.aws.blackouts(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_load_balancer_beyond_the_quota_names_it_and_recovers_alone_while_the_others_go_on() {
    let mut world = World::warm().await;
    world.aws.state().quotas.network_load_balancers = 3;
    let (mut one, mut web) = (service("one", &[(80, 30001)]), web());
    world.serve(&mut one).await;
    let error = world.ensure(&web).await.unwrap_err();
    assert!(matches!(error, ProviderError::Quota { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("\"Network Load Balancers per Region\" (L-69A177A2)"),
        "{error}"
    );

    world.nodes = crate::world::nodes(1..=5);
    world.ensure(&one).await.unwrap();
    world.remove(&one).await;
    world.serve(&mut web).await;
    assert!(world.hostname(&web).is_some());
}

#[tokio::test(start_paused = true)]
async fn more_rules_than_a_group_holds_leave_the_rules_that_stand_untouched() {
    let world = World::warm().await;
    let mut web = web();
    web.source_ranges = (0..60).map(|n| format!("10.{n}.0.0/24")).collect();
    world.serve(&mut web).await;
    let before = world.aws.digest();
    web.source_ranges.push("10.60.0.0/24".to_owned());
    let (refused, calls) = world.calls_of(world.ensure(&web)).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("L-0EA8095F"), "{refused}");
    assert_eq!(calls, [""; 0]);
    assert_eq!(world.aws.digest(), before);
}

/// A Service whose load balancer has no groups, so that nodes admit its clients themselves.
fn without_groups(name: &str, node_port: u16, ranges: std::ops::Range<u16>) -> Service {
    let mut service = service(name, &[(80, node_port)]);
    annotate(&mut service, "disable-nlb-sg", "true");
    service.source_ranges = ranges.map(|n| format!("10.{n}.1.0/24")).collect();
    service
}

#[tokio::test(start_paused = true)]
async fn a_service_for_which_the_nodes_groups_have_no_room_keeps_no_other_from_being_served() {
    let mut world = World::warm().await;
    let mut small = without_groups("small", 30001, 0..10);
    world.serve(&mut small).await;
    let large = without_groups("large", 30003, 100..150);
    let error = world.ensure(&large).await.unwrap_err();
    assert!(error.to_string().contains("L-0EA8095F"), "{error}");
    world.nodes = crate::world::nodes(1..=5);
    world.ensure(&small).await.unwrap();
    let mut other = without_groups("other", 30005, 20..25);
    world.serve(&mut other).await;
    assert!(world.hostname(&other).is_some());
    assert_eq!(world.hostname(&large), None);
    world.remove(&small).await;
    world.remove(&other).await;
    world.serve(&mut large.clone()).await;
}
