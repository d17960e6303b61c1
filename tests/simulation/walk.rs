//! Whatever a Service was before, its load balancer is what the last declaration says.

use elbow::service::{Protocol, Service, SessionAffinity, TrafficPolicy};
use proptest::prelude::*;

use crate::world::{World, annotate, nodes, service, service_port};

/// A declaration that can be satisfied.
pub(crate) fn declaration() -> impl Strategy<Value = Service> {
    let ports = proptest::collection::btree_set((80_u16..88, any::<bool>(), 0_u16..3), 1..4);
    let annotations = proptest::sample::subsequence(ANNOTATIONS, 0..=ANNOTATIONS.len());
    let fields = (any::<bool>(), any::<bool>(), any::<bool>());
    (ports, annotations, fields).prop_map(|(ports, annotations, (local, sticky, closed))| {
        let mut web = service("web", &[]);
        for (port, udp, shift) in ports {
            add_port(&mut web, port, udp, shift);
        }
        for (key, value) in annotations {
            annotate(&mut web, key, value);
        }
        if local {
            web.traffic_policy = TrafficPolicy::Local;
            web.health_check_node_port = std::num::NonZeroU16::new(32000);
        }
        if sticky {
            web.session_affinity = SessionAffinity::ClientIp { seconds: 10800 };
        }
        // Whoever names groups of their own says there who is admitted.
        if closed && !web.annotations.keys().any(|key| key.ends_with("security-groups")) {
            web.source_ranges = vec!["192.0.2.0/24".to_owned(), "198.51.100.0/24".to_owned()];
        }
        web
    })
}

const ANNOTATIONS: &[(&str, &str)] = &[
    ("scheme", "internet-facing"),
    ("additional-resource-tags", "team=shop,stage=live"),
    ("attributes", "load_balancing.cross_zone.enabled=true"),
    ("target-group-attributes", "deregistration_delay.timeout_seconds=30"),
    ("healthcheck-interval", "20"),
    ("security-groups", "own"),
];

/// Each port once, for one protocol.
fn add_port(service: &mut Service, port: u16, udp: bool, shift: u16) {
    let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
    if !service.ports.iter().any(|known| known.port.get() == port) {
        service
            .ports
            .push(service_port(protocol, port, 30000 + port + shift * 100));
    }
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// The world after these declarations, one after the other, with a restart before those that are marked.
async fn after(walk: &[(Service, bool, u8)]) -> World {
    let mut world = World::new();
    let mut published = None;
    for (declaration, restart, last_node) in walk {
        if *restart {
            world.restart();
        }
        world.nodes = nodes(1..=*last_node);
        let mut declaration = declaration.clone();
        declaration.published = published;
        world.serve(&mut declaration).await;
        published = declaration.published;
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_end_depends_on_the_last_declaration_only(
        walk in proptest::collection::vec((declaration(), any::<bool>(), 1_u8..6), 1..6)
    ) {
        let (walked, fresh) = block_on(async {
            let last = walk.last().cloned().unwrap();
            (after(&walk).await, after(&[last]).await)
        });
        prop_assert_eq!(walked.aws.refusals(), Vec::<String>::new());
        prop_assert_eq!(walked.aws.digest(), fresh.aws.digest());
    }

    #[test]
    fn after_any_walk_a_delete_leaves_nothing(
        walk in proptest::collection::vec((declaration(), any::<bool>(), 1_u8..6), 1..4)
    ) {
        let (left, untouched) = block_on(async {
            let world = after(&walk).await;
            world.remove(&service("web", &[])).await;
            (world.aws.digest(), World::new().aws.digest())
        });
        prop_assert_eq!(left, untouched);
    }
}
