//! Whatever people, nodes and networks do, one after the other and all at once: in the end all is as declared last.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::aws;
use crate::cluster::Cluster;
use crate::kubernetes::{Fault, manifest};
use crate::seed::block_on;
use crate::seed::seeded;

const NAMES: [&str; 3] = ["api", "shop", "web"];

/// What may happen.
#[derive(Clone, Debug)]
enum Action {
    /// A Service is made, or changed where it is there.
    Declare(&'static str, usize),
    MakeInternal(&'static str),
    Delete(&'static str),
    /// A node joins, or leaves where it is there.
    Node(u8),
    Restart,
    ApiServerRestarts,
    WatchesEnd,
    HistoryIsForgotten,
    WatchesLag(u64),
    KubernetesFails(usize, Fault),
    AwsFails(usize, aws::Fault),
}

fn action(names: &'static [&'static str]) -> impl Strategy<Value = Action> {
    let name = move || proptest::sample::select(names);
    let request = || 0_usize..20;
    let fault = proptest::sample::select(vec![
        Fault::DieBefore,
        Fault::DieAfter,
        Fault::Hang,
        Fault::LoseAnswer,
        Fault::Refuse(401),
        Fault::Refuse(409),
        Fault::Refuse(410),
        Fault::Refuse(429),
        Fault::Refuse(500),
    ]);
    let aws_fault = proptest::sample::select(vec![
        aws::Fault::DieBefore,
        aws::Fault::DieAfter,
        aws::Fault::LoseAnswer,
        aws::Fault::Refuse("Throttling"),
        aws::Fault::Refuse("InternalFailure"),
        aws::Fault::Refuse("DependencyViolation"),
    ]);
    prop_oneof![
        8 => (name(), 0_usize..DECLARATIONS).prop_map(|(name, which)| Action::Declare(name, which)),
        2 => name().prop_map(Action::MakeInternal),
        4 => name().prop_map(Action::Delete),
        3 => (2_u8..7).prop_map(Action::Node),
        1 => Just(Action::Restart),
        1 => Just(Action::ApiServerRestarts),
        1 => Just(Action::WatchesEnd),
        1 => Just(Action::HistoryIsForgotten),
        1 => (0_u64..3000).prop_map(Action::WatchesLag),
        4 => (request(), fault).prop_map(|(number, fault)| Action::KubernetesFails(number, fault)),
        4 => (request(), aws_fault).prop_map(|(number, fault)| Action::AwsFails(number, fault)),
    ]
}

const DECLARATIONS: usize = 5;

fn declaration(which: usize) -> Value {
    let mut service = match which {
        0 | 3 => manifest(&[(80, 30080)]),
        1 => manifest(&[(80, 30080), (443, 30443)]),
        _ => manifest(&[(443, 30444)]),
    };
    match which {
        3 => service["spec"]["loadBalancerSourceRanges"] = json!(["192.0.2.0/24"]),
        4 => {
            service["spec"]["externalTrafficPolicy"] = json!("Local");
            service["spec"]["healthCheckNodePort"] = json!(32000);
        }
        _ => {}
    }
    service
}

impl Action {
    fn happen(&self, cluster: &mut Cluster) {
        cluster.line.note(&format!("{self:?}"));
        let kubernetes = cluster.kubernetes.clone();
        let is_there = |name: &str| kubernetes.service("shop", name).is_some();
        match self {
            Self::Declare(name, which) if is_there(name) => kubernetes.change(name, |service| {
                service["spec"] = declaration(*which)["spec"].clone();
            }),
            Self::Declare(name, which) => kubernetes.create(name, declaration(*which)),
            Self::MakeInternal(name) if is_there(name) => kubernetes.make_internal(name),
            Self::MakeInternal(_) => {}
            Self::Delete(name) => kubernetes.delete(name),
            Self::Node(number) if kubernetes.has_node(*number) => kubernetes.remove_node(*number),
            Self::Node(number) => kubernetes.add_node(*number),
            Self::Restart => cluster.restart(),
            Self::ApiServerRestarts => kubernetes.restart(Duration::from_secs(30)),
            Self::WatchesEnd => kubernetes.cut_watches(),
            Self::HistoryIsForgotten => kubernetes.forget_history(),
            Self::WatchesLag(milliseconds) => kubernetes.delay_watches(Duration::from_millis(*milliseconds)),
            Self::KubernetesFails(number, fault) => kubernetes.fail(*number, *fault),
            Self::AwsFails(number, fault) => cluster.aws.fail(*number, fault.clone()),
        }
    }
}

/// Each action, with the time that passes after it, in ms.
type Walk = Vec<(Action, u64)>;

fn pause() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0_u64..30, 2 => 30_u64..300, 1 => 300_u64..20_000]
}

async fn walked(seed: u64, walk: &Walk) -> Cluster {
    let mut cluster = Cluster::served(seed);
    for (action, pause) in walk {
        action.happen(&mut cluster);
        cluster.pass(Duration::from_millis(*pause)).await;
    }
    cluster.ends_well("after the walk").await;
    cluster
}

proptest! {
    #![proptest_config(seeded(50))]

    #[test]
    fn all_is_as_declared_last_whatever_happened_on_the_way(
        seed in any::<u64>(),
        walk in proptest::collection::vec((action(&NAMES), pause()), 1..25),
    ) {
        block_on(walked(seed, &walk));
    }
}

proptest! {
    #![proptest_config(seeded(4))]

    /// To the millisecond for one Service; of several, kube polls the passes in an order of its own.
    #[test]
    fn the_same_seed_walks_the_same_way(
        seed in any::<u64>(),
        walk in proptest::collection::vec((action(&["web"]), pause()), 1..25),
    ) {
        let trace = || block_on(async { walked(seed, &walk).await.line.trace() });
        prop_assert_eq!(trace(), trace());
    }
}
