//! The process dies at every request and every call, or these fail: the end is the same as if nothing had happened.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{SHORT, serving};
use crate::aws;
use crate::cluster::Cluster;
use crate::kubernetes::{self, manifest};

/// What is disturbed.
type Act = fn(&mut Cluster) -> BoxFuture<'_, ()>;

/// A beginning and what people do then.
struct Sequence {
    /// Is the Service `web` served before?
    serving: bool,
    act: Act,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Kubernetes(kubernetes::Fault),
    Aws(AwsFault),
}

#[derive(Clone, Copy, Debug)]
enum AwsFault {
    DieBefore,
    DieAfter,
    LoseAnswer,
}

const FAULTS: [Fault; 8] = [
    Fault::Kubernetes(kubernetes::Fault::DieBefore),
    Fault::Kubernetes(kubernetes::Fault::DieAfter),
    Fault::Kubernetes(kubernetes::Fault::LoseAnswer),
    Fault::Kubernetes(kubernetes::Fault::Refuse(409)),
    Fault::Kubernetes(kubernetes::Fault::Refuse(500)),
    Fault::Aws(AwsFault::DieBefore),
    Fault::Aws(AwsFault::DieAfter),
    Fault::Aws(AwsFault::LoseAnswer),
];

impl Fault {
    /// Strikes the request or call of this number.
    fn strike(self, cluster: &Cluster, number: usize) {
        match self {
            Self::Kubernetes(fault) => cluster.kubernetes.fail(number, fault),
            Self::Aws(AwsFault::DieBefore) => cluster.aws.fail(number, aws::Fault::DieBefore),
            Self::Aws(AwsFault::DieAfter) => cluster.aws.fail(number, aws::Fault::DieAfter),
            Self::Aws(AwsFault::LoseAnswer) => cluster.aws.fail(number, aws::Fault::LoseAnswer),
        }
    }

    fn is_left(self, cluster: &Cluster) -> bool {
        match self {
            Self::Kubernetes(_) => cluster.kubernetes.is_fault_left(),
            Self::Aws(_) => cluster.aws.is_fault_left(),
        }
    }
}

impl Sequence {
    async fn begin(&self) -> Cluster {
        let mut cluster = if self.serving {
            serving("web").await
        } else {
            Cluster::served(1)
        };
        cluster.pass(Duration::from_secs(2)).await;
        cluster.quiet = SHORT;
        cluster
    }

    /// Disturbs it at every step, by every fault.
    async fn holds(&self) {
        let mut clean = self.begin().await;
        (self.act)(&mut clean).await;
        clean.ends_well("undisturbed").await;
        let expected = clean.aws.digest();
        for fault in FAULTS {
            let struck = self.holds_under(fault, &expected).await;
            assert!(struck > 0, "{fault:?} struck nothing");
        }
    }

    /// How many steps there were to strike.
    async fn holds_under(&self, fault: Fault, expected: &str) -> usize {
        for number in 0.. {
            let mut cluster = self.begin().await;
            fault.strike(&cluster, number);
            (self.act)(&mut cluster).await;
            cluster.ends_as(expected, &format!("{fault:?} at {number}")).await;
            if fault.is_left(&cluster) {
                return number;
            }
        }
        unreachable!("a sequence without end")
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_survives_every_fault() {
    let act: Act = |cluster| {
        cluster.kubernetes.create("web", manifest(&[(80, 30080), (443, 30443)]));
        async {}.boxed()
    };
    Sequence { serving: false, act }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn other_ports_survive_every_fault() {
    let act: Act = |cluster| {
        let ports = manifest(&[(443, 30443)])["spec"]["ports"].clone();
        cluster
            .kubernetes
            .change("web", |service| service["spec"]["ports"] = ports);
        async {}.boxed()
    };
    Sequence { serving: true, act }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_survives_every_fault() {
    let act: Act = |cluster| {
        cluster.kubernetes.delete("web");
        async {}.boxed()
    };
    Sequence { serving: true, act }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn a_change_of_type_and_back_survives_every_fault() {
    let act: Act = |cluster| {
        async move {
            let spec = cluster.kubernetes.service("shop", "web").unwrap()["spec"].clone();
            cluster.kubernetes.make_internal("web");
            cluster.pass(Duration::from_millis(30)).await;
            cluster.kubernetes.change("web", |service| service["spec"] = spec);
        }
        .boxed()
    };
    Sequence { serving: true, act }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_and_a_new_service_of_the_same_name_survive_every_fault() {
    let act: Act = |cluster| {
        async move {
            cluster.kubernetes.delete("web");
            cluster
                .until("gone", |cluster| cluster.kubernetes.service("shop", "web").is_none())
                .await;
            cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        }
        .boxed()
    };
    Sequence { serving: true, act }.holds().await;
}
