//! Whatever a Service was before, its load balancer is what the last declaration says that could be satisfied.

use std::time::Duration;

use elbow::aws::desired::annotations::keys::{KEYS, Key, NODE_LABELS};
use elbow::aws::stack::LoadBalancerKind;
use elbow::provider::{Ensured, ProviderError};
use elbow::service::{Protocol, Service, SessionAffinity, TrafficPolicy};
use proptest::prelude::*;
use proptest::sample::select;

use crate::aws::Fault;
use crate::keys::{bare, set, spoil};
use crate::seed::{block_on, seeded};
use crate::world::{World, assert_same, nodes, service, service_port};

/// What a person may write: annotations of any kind, some of them wrong, some of them at odds with each other.
pub(crate) fn declaration() -> impl Strategy<Value = Service> {
    let kind = prop_oneof![
        2 => Just(LoadBalancerKind::Network),
        1 => Just(LoadBalancerKind::Application),
    ];
    let ports = proptest::collection::btree_set((80_u16..88, any::<bool>(), 0_u16..3), 0..3);
    let keys = proptest::collection::vec((proptest::sample::select(KEYS), 0_u8..20), 0..5);
    let fields = (any::<bool>(), any::<bool>(), any::<bool>());
    (kind, ports, keys, fields).prop_map(|(kind, ports, keys, (local, sticky, closed))| {
        let mut web = bare(kind);
        for (port, udp, shift) in ports {
            add_port(&mut web, port, udp && kind == LoadBalancerKind::Network, shift);
        }
        for (key, chance) in keys {
            annotate(&mut web, key, kind, chance == 0);
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

/// Keys of the other kind of load balancer are wrong too. Labels never are, so that targets follow the nodes in any case.
fn annotate(service: &mut Service, key: &Key, kind: LoadBalancerKind, wrong: bool) {
    if wrong && key.name != NODE_LABELS.name {
        spoil(service, key, kind);
    } else if key.kinds.include(kind) {
        set(service, key, kind);
    }
}

/// Each port once, for one protocol.
fn add_port(service: &mut Service, port: u16, udp: bool, shift: u16) {
    let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
    if !service.ports.iter().any(|known| known.port.get() == port) {
        service
            .ports
            .push(service_port(protocol, port, 30000 + port + shift * 100));
    }
}

/// What there is after a walk.
struct Walked {
    world: World,
    /// The last declaration that could be satisfied.
    good: Option<Service>,
}

/// A step of a walk.
#[derive(Clone, Debug)]
struct Step {
    declaration: Service,
    restart: bool,
    last_node: u8,
    /// What happens to which call of the step, if it makes so many.
    fault: Option<(usize, Fault)>,
}

/// So many steps, undisturbed.
fn walk(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (declaration(), any::<bool>(), 1_u8..6).prop_map(|(declaration, restart, last_node)| Step {
        declaration,
        restart,
        last_node,
        fault: None,
    });
    proptest::collection::vec(step, 1..=most)
}

/// The same with a fault in each step.
fn disturbed_walk(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let faults = proptest::collection::vec((0_usize..30, select(&FAULTS[..])), most);
    (walk(most), faults).prop_map(|(mut steps, faults)| {
        for (step, fault) in steps.iter_mut().zip(faults) {
            step.fault = Some(fault);
        }
        steps
    })
}

/// One of each kind.
const FAULTS: [Fault; 10] = [
    Fault::DieBefore,
    Fault::DieAfter,
    Fault::LoseAnswer,
    Fault::Refuse("Throttling"),
    Fault::Refuse("AccessDenied"),
    Fault::Refuse("ResourceInUse"),
    Fault::Refuse("TooManyTags"),
    Fault::RefuseThrice("InternalFailure"),
    Fault::Stale(2),
    Fault::Slow(Duration::from_secs(60)),
];

/// Declares one after the other, with a restart before those that are marked, and after a death.
async fn after(walk: &[Step]) -> Walked {
    let (mut world, mut good, mut published) = (World::new(), None, None);
    for step in walk {
        if step.restart {
            world.restart();
        }
        world.nodes = nodes(1..=step.last_node);
        if let Some((call, fault)) = &step.fault {
            world.aws.fail(*call, fault.clone());
        }
        let mut current = step.declaration.clone();
        current.published = published;
        match declare(&mut world, &mut current).await {
            Ok(_) => good = Some(step.declaration.clone()),
            Err(error) => assert!(matches!(error, ProviderError::Invalid { .. }), "{error}"),
        }
        published = current.published;
    }
    Walked { world, good }
}

async fn declare(world: &mut World, service: &mut Service) -> Result<Ensured, ProviderError> {
    loop {
        let aws = world.aws.clone();
        tokio::select! {
            biased;
            () = aws.crash() => world.restart(),
            end = world.settle(service) => return end,
        }
    }
}

/// The world of whoever declares this at once, with the nodes of another world.
async fn fresh(good: Option<Service>, other: &World) -> World {
    let mut world = World::new();
    world.nodes = other.nodes.clone();
    if let Some(mut good) = good {
        world.serve(&mut good).await;
    }
    world
}

proptest! {
    #![proptest_config(seeded(64))]

    #[test]
    fn the_end_depends_on_the_last_good_declaration_only(walk in walk(5)) {
        let (walked, fresh) = block_on(async {
            let Walked { world, good } = after(&walk).await;
            let fresh = fresh(good, &world).await;
            (world, fresh)
        });
        prop_assert_eq!(walked.aws.refusals(), Vec::<String>::new());
        prop_assert_eq!(walked.aws.blackouts(), Vec::<String>::new());
        assert_same(&walked.aws.shape(), &fresh.aws.shape(), "after the walk");
    }

    #[test]
    fn so_it_does_whatever_happens_on_the_way(walk in disturbed_walk(4)) {
        let (walked, fresh) = block_on(async {
            let Walked { world, good } = after(&walk).await;
            if let Some(good) = &good {
                world.come_to_light(std::slice::from_ref(good)).await;
            }
            let fresh = fresh(good, &world).await;
            (world, fresh)
        });
        prop_assert_eq!(walked.aws.blackouts(), Vec::<String>::new());
        assert_same(&walked.aws.shape(), &fresh.aws.shape(), "after the walk");
    }

    #[test]
    fn after_any_walk_a_delete_leaves_nothing(walk in disturbed_walk(3)) {
        let (left, untouched) = block_on(async {
            let Walked { world, good } = after(&walk).await;
            world.come_to_light(&[]).await;
            let last = good.unwrap_or_else(|| service("web", &[]));
            world.remove(&last).await;
            (world.aws.digest(), World::new().aws.digest())
        });
        assert_same(&left, &untouched, "after the delete");
    }
}
