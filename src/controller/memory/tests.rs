//! What a pass finds of the passes before it.

use rstest::rstest;

use super::*;
use crate::service::{Port, Protocol, Receipt, ServicePort};

#[tokio::test(start_paused = true)]
async fn what_failed_is_held_until_its_delay_is_over() {
    let memory = Memory::default();
    let failing = input("a: bad");
    assert_eq!(memory.hold(&failing), None);
    memory.begin(failing.clone(), false);
    let delay = memory.failed("u-1", Retry::Slowly).unwrap();
    assert_eq!(memory.hold(&failing), Some(delay));
    tokio::time::advance(delay).await;
    assert_eq!(memory.hold(&failing), None);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_service_or_the_nodes_is_tried_at_once() {
    let memory = Memory::default();
    memory.begin(input("a: bad"), false);
    memory.failed("u-1", Retry::Slowly);
    assert_eq!(memory.hold(&input("a: good")), None);
    let nodes = Arc::new(NodeSet { nodes: vec![node()] });
    assert_eq!(
        memory.hold(&Input {
            nodes,
            ..input("a: bad")
        }),
        None
    );
    assert!(memory.hold(&input("a: bad")).is_some());
}

#[tokio::test(start_paused = true)]
async fn success_ends_the_hold_and_never_sets_one() {
    let memory = Memory::default();
    memory.begin(input("a"), false);
    memory.failed("u-1", Retry::Backoff);
    memory.begin(input("a"), false);
    memory.succeeded("u-1");
    assert_eq!(memory.hold(&input("a")), None);
    assert_eq!(memory.failed("u-1", Retry::Never), None);
    assert_eq!(memory.hold(&input("a")), None);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_from_our_own_hostname_and_from_other_nodes() {
    let memory = Memory::default();
    assert_eq!(memory.is_changed(&input("a").service), None);
    memory.begin(input("a"), false);
    let published = Service {
        published: Some("host".to_owned()),
        ..input("a").service
    };
    assert_eq!(memory.is_changed(&published), Some(false));
    assert_eq!(memory.is_changed(&input("b").service), Some(true));
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_our_last_write_is_stale_for_a_while() {
    let memory = Memory::default();
    assert!(!memory.is_stale(&versioned("9")));
    memory.wrote(&versioned("10"));
    assert!(memory.is_stale(&versioned("9")));
    assert!(!memory.is_stale(&versioned("10")));
    assert!(!memory.is_stale(&versioned("11")));
    tokio::time::advance(ECHO).await;
    assert!(!memory.is_stale(&versioned("9")));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_has_gone_can_come_back() {
    let memory = Memory::default();
    assert!(memory.begin_departure("u-1", &BTreeMap::new()));
    assert!(!memory.begin_departure("u-1", &BTreeMap::new()));
    memory.end_departure("u-1");
    assert!(memory.is_departed("u-1"));
    memory.begin(input("a"), false);
    assert!(!memory.is_departed("u-1"));
}

#[tokio::test(start_paused = true)]
async fn what_was_served_is_known_until_forgotten() {
    let memory = Memory::default();
    memory.begin(input("a"), false);
    assert!(!memory.is_ensured(&input("a").service));
    memory.succeeded("u-1");
    assert!(memory.is_ensured(&input("a").service));
    assert!(!memory.is_ensured(&input("b").service));
    memory.retain(&HashSet::new());
    assert!(!memory.is_ensured(&input("a").service));
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_was_withdrawn_since_changes_nothing_of_what_was_tried() {
    let memory = Memory::default();
    let mut settled = input("a");
    settled.service.receipt = Some(Receipt("v1".to_owned()));
    memory.begin(settled, true);
    memory.failed("u-1", Retry::Slowly);
    assert!(memory.hold(&input("a")).is_some());
    assert_eq!(memory.is_changed(&input("a").service), Some(false));
}

#[rstest]
#[case::never_served(&[], "a", false, Occasion::Change)]
#[case::after_a_restart(&[], "a", true, Occasion::Upkeep)]
#[case::changed_since_it_was_tried(&[("a", false)], "b", true, Occasion::Change)]
#[case::again_after_a_failure(&[("a", false)], "a", false, Occasion::Upkeep)]
#[case::unchanged(&[("a", true)], "a", true, Occasion::Upkeep)]
#[case::changed(&[("a", true)], "b", true, Occasion::Change)]
#[case::changed_and_failed(&[("a", true), ("b", false)], "b", false, Occasion::Change)]
#[case::changed_back(&[("a", true), ("b", false)], "a", false, Occasion::Change)]
#[tokio::test(start_paused = true)]
async fn somebody_waits_for_what_was_never_served_or_has_changed_since(
    #[case] before: &[(&str, bool)],
    #[case] now: &str,
    #[case] programmed: bool,
    #[case] expected: Occasion,
) {
    let memory = Memory::default();
    for (annotation, succeeds) in before {
        memory.begin(input(annotation), true);
        if *succeeds {
            memory.succeeded("u-1");
        }
    }
    assert_eq!(memory.begin(input(now), programmed), expected);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_go_is_held_until_its_delay_is_over_or_its_annotations_change() {
    let memory = Memory::default();
    let protected = BTreeMap::from([("protected".to_owned(), "true".to_owned())]);
    memory.begin(input("a: bad"), false);
    memory.failed("u-1", Retry::Slowly);
    assert_eq!(memory.hold_departure("u-1", &protected), None);
    memory.begin_departure("u-1", &protected);
    assert_eq!(memory.hold_departure("u-1", &protected), None);
    let delay = memory.failed("u-1", Retry::Slowly).unwrap();
    assert_eq!(memory.hold_departure("u-1", &protected), Some(delay));
    assert_eq!(memory.hold_departure("u-1", &BTreeMap::new()), None);
    tokio::time::advance(delay).await;
    assert_eq!(memory.hold_departure("u-1", &protected), None);
}

#[tokio::test(start_paused = true)]
async fn other_ports_of_a_companion_are_news() {
    let memory = Memory::default();
    let with_companion = |ports: &[ServicePort]| {
        let mut input = input("a");
        input.service.companions.insert("api".to_owned(), ports.to_vec());
        input
    };
    let port = ServicePort {
        name: None,
        protocol: Protocol::Tcp,
        port: Port::MIN,
        node_port: None,
        app_protocol: None,
    };
    memory.begin(with_companion(&[]), false);
    memory.failed("u-1", Retry::Slowly);
    assert_eq!(memory.is_changed(&with_companion(&[]).service), Some(false));
    assert!(memory.hold(&with_companion(&[])).is_some());
    for other in [with_companion(&[port]), input("a")] {
        assert_eq!(memory.is_changed(&other.service), Some(true));
        assert_eq!(memory.hold(&other), None);
    }
}

fn input(annotation: &str) -> Input {
    let mut service = k8s::Service::default();
    service.metadata.uid = Some("u-1".to_owned());
    service.metadata.annotations = Some([("key".to_owned(), annotation.to_owned())].into());
    Input {
        service: Service::from(&service),
        nodes: Arc::default(),
    }
}

fn node() -> crate::node::Node {
    crate::node::Node {
        name: "a".to_owned(),
        provider_id: "i-1".to_owned(),
        labels: [].into(),
    }
}

fn versioned(version: &str) -> k8s::Service {
    let mut service = k8s::Service::default();
    service.metadata.uid = Some("u-1".to_owned());
    service.metadata.resource_version = Some(version.to_owned());
    service
}
