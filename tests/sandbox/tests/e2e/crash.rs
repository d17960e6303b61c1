//! SIGKILL at every AWS call of a create and of a delete: the next elbow ends in the same state as an undisturbed one.

use elbow::aws::stack::{HealthCheck, ListenerProtocol, RuleProtocol, RuleSource, TargetProtocol};
use elbow_sandbox::proxy::{Fault, Kind};
use kube::api::DeleteParams;

use crate::cloud::Holdings;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::until;

/// One replica at a time, so no lease has to run out after each of the kills.
const ALONE: [&str; 1] = ["--enable-leader-election=false"];

/// More than any create or delete takes; a test that gets there never ended.
const MOST_CALLS: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn killed_before_any_call_of_a_create_it_ends_in_the_same_state() {
    with_own_elbow("crash-create-before", async |scenario| {
        kill_at_every_call_of_create(&scenario, Kind::HoldBefore).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn killed_after_any_write_of_a_create_it_ends_in_the_same_state() {
    with_own_elbow("crash-create-after", async |scenario| {
        kill_at_every_call_of_create(&scenario, Kind::HoldAfter).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn killed_before_any_call_of_a_delete_nothing_is_left() {
    with_own_elbow("crash-delete-before", async |scenario| {
        kill_at_every_call_of_delete(&scenario, Kind::HoldBefore).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn killed_after_any_write_of_a_delete_nothing_is_left() {
    with_own_elbow("crash-delete-after", async |scenario| {
        kill_at_every_call_of_delete(&scenario, Kind::HoldAfter).await
    })
    .await;
}

async fn kill_at_every_call_of_create(scenario: &Scenario, kind: Kind) {
    let clean = {
        let _elbow = scenario.elbow("clean", &ALONE).await;
        scenario.serve(&scenario.service("web")).await;
        let clean = digest(&scenario.cloud.of_cluster(&scenario.cluster_name).await);
        delete_all(scenario).await;
        clean
    };
    let mut kills = 0;
    for nth in 1..=MOST_CALLS {
        hold(scenario, &kind, nth).await;
        let mut elbow = scenario.elbow("victim", &ALONE).await;
        scenario.cluster.create_service(&scenario.service("web")).await;
        let killed = killed_at_hold(scenario, &mut elbow, async || programmed(scenario).await).await;
        drop(elbow);
        let _elbow = scenario.elbow("successor", &ALONE).await;
        scenario.cluster.wait_programmed("web").await;
        let end = digest(&scenario.cloud.of_cluster(&scenario.cluster_name).await);
        assert_eq!(end, clean, "killed at call {nth}");
        delete_all(scenario).await;
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills < MOST_CALLS, "the work never ended");
    assert!(
        kills >= 6,
        "a create writes six times at least, yet only {kills} calls were met"
    );
}

async fn kill_at_every_call_of_delete(scenario: &Scenario, kind: Kind) {
    let mut kills = 0;
    for nth in 1..=MOST_CALLS {
        let mut elbow = scenario.elbow("victim", &ALONE).await;
        scenario.serve(&scenario.service("web")).await;
        hold(scenario, &kind, nth).await;
        scenario
            .cluster
            .services()
            .delete("web", &DeleteParams::default())
            .await
            .unwrap();
        let killed = killed_at_hold(scenario, &mut elbow, async || gone(scenario).await).await;
        drop(elbow);
        let elbow = scenario.elbow("successor", &ALONE).await;
        scenario.cluster.wait_deleted("web").await;
        wait_nothing(scenario).await;
        drop(elbow);
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills < MOST_CALLS, "the work never ended");
    assert!(
        kills >= 3,
        "a delete writes three times at least, yet only {kills} calls were met"
    );
}

/// The n-th call from now on is held; after AWS did it, only writes are of interest.
async fn hold(scenario: &Scenario, kind: &Kind, nth: u64) {
    let calls = if *kind == Kind::HoldAfter { "mutating" } else { "*" };
    scenario
        .proxy
        .set_faults(&[Fault::new(calls, kind.clone()).nth(nth)])
        .await
        .unwrap();
}

/// Kills elbow as soon as the call is held; false if the work was done without meeting it.
async fn killed_at_hold(
    scenario: &Scenario,
    elbow: &mut crate::elbow_process::Elbow,
    done: impl AsyncFn() -> bool,
) -> bool {
    let held = until("a held call or the end of the work", async || {
        let held = scenario.proxy.held().await.map_err(|error| error.to_string())?;
        if !held.is_empty() {
            return Ok(true);
        }
        if done().await {
            Ok(false)
        } else {
            Err("still at work".to_owned())
        }
    })
    .await;
    elbow.kill().await;
    scenario.proxy.clear_faults().await.unwrap();
    scenario.proxy.hang_up().await.unwrap();
    held
}

async fn programmed(scenario: &Scenario) -> bool {
    let service = scenario.cluster.services().get("web").await.unwrap();
    crate::cluster::condition(&service, "elbow.dev/Programmed").is_some_and(|found| found.status == "True")
}

async fn gone(scenario: &Scenario) -> bool {
    scenario.cluster.services().get_opt("web").await.unwrap().is_none()
}

async fn delete_all(scenario: &Scenario) {
    scenario.cluster.delete_service("web").await;
    wait_nothing(scenario).await;
}

async fn wait_nothing(scenario: &Scenario) {
    until("nothing to be left in AWS", async || {
        let left = scenario.cloud.of_cluster(&scenario.cluster_name).await;
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{left:#?}"))
        }
    })
    .await;
}

/// What stands in AWS without what AWS and Kubernetes give anew each time.
#[derive(Debug, PartialEq, Eq)]
struct Digest {
    load_balancers: Vec<BalancerDigest>,
    target_groups: Vec<(TargetProtocol, HealthCheck, Vec<String>)>,
    security_groups: Vec<Vec<RuleDigest>>,
}

/// Listeners, number of subnets, number of security groups.
type BalancerDigest = (Vec<(u16, ListenerProtocol)>, usize, usize);

/// Protocol, first and last port, and the source unless it is a group.
type RuleDigest = (RuleProtocol, u16, u16, Option<RuleSource>);

fn digest(holdings: &Holdings) -> Digest {
    let balancer = |held: &crate::cloud::HeldLoadBalancer| {
        let listeners = held
            .listeners
            .iter()
            .map(|found| (found.port.get(), found.settings.as_ref().unwrap().protocol));
        (
            listeners.collect(),
            held.description.subnets.len(),
            held.description.security_groups.len(),
        )
    };
    let group = |held: &crate::cloud::HeldTargetGroup| {
        let settings = held.description.settings.clone().unwrap();
        (
            settings.protocol,
            settings.health_check,
            held.targets.iter().map(|target| target.instance.to_string()).collect(),
        )
    };
    let rules = |group: &elbow::aws::api::SecurityGroupDescription| {
        let source = |source: &RuleSource| matches!(source, RuleSource::Cidr(_)).then(|| source.clone());
        group
            .rules
            .iter()
            .map(|rule| (rule.protocol.clone(), rule.from, rule.to, source(&rule.source)))
            .collect()
    };
    let mut security_groups: Vec<_> = holdings.security_groups.iter().map(rules).collect();
    security_groups.sort();
    Digest {
        load_balancers: holdings.load_balancers.iter().map(balancer).collect(),
        target_groups: holdings.target_groups.iter().map(group).collect(),
        security_groups,
    }
}
