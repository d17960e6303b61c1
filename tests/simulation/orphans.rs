//! What is left of Services that live no more: found by their tags, taken away, and nothing else with it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use elbow::aws::provider::AwsProvider;
use elbow::cli::gc::report::{Outcome, Report};
use elbow::controller::claim::Claims;
use elbow::controller::events::Events;
use elbow::controller::memory::Memory;
use elbow::controller::orphans::{Cause, Living, Policy, Watchlist, sweep};
use elbow::controller::reconcile::Context;
use elbow::fence::Fence;
use elbow::provider::{LoadBalancerProvider, ProviderError};
use elbow::service::{Owner, Service};
use http::{Request, Response};
use k8s_openapi::api::core::v1 as k8s;
use kube::Client;
use kube::client::Body;
use kube::runtime::reflector::{self, store::Writer};
use kube::runtime::watcher::Event;
use rstest::rstest;
use serde_json::{Value, from_value, json};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::aws::Aws;
use crate::world::{CLUSTER, World, annotate, service};

/// Longer than the network interfaces of a deleted load balancer hold its groups here.
const LATER: Duration = Duration::from_secs(300);

fn web() -> Service {
    service("web", &[(80, 30080)])
}

/// Serves it. From then on it may be gone by force, and its status with it.
async fn left(world: &World, service: &mut Service) {
    world.serve(service).await;
    world.aws.unpublish(&service.owner);
}

/// A Service as the API server has it.
fn object(owner: &Owner) -> k8s::Service {
    from_value(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": owner.namespace, "name": owner.name, "uid": owner.uid, "resourceVersion": "1"},
        "spec": {"type": "LoadBalancer", "loadBalancerClass": "elbow.dev/nlb"},
    }))
    .unwrap()
}

/// What `elbow gc` would say with these Services in the cluster.
async fn report(world: &World, alive: &[&Service]) -> Report {
    let holdings = world.provider.holdings(&world.nodes).await.unwrap();
    let alive: Vec<k8s::Service> = alive.iter().map(|service| object(&service.owner)).collect();
    Report::new(CLUSTER, &holdings, &Living::of(&alive), None, !alive.is_empty())
}

fn kinds(resources: &[elbow::aws::provider::Resource]) -> Vec<String> {
    resources.iter().map(|resource| resource.kind.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_service_left_is_listed_and_deleted_and_then_all_is_as_if_it_had_never_been() {
    let mut world = World::new();
    left(&world, &mut web()).await;
    let alone = world.aws.digest();
    left(&world, &mut service("lost", &[(80, 30081), (443, 30444)])).await;
    world.restart();
    let found = report(&world, &[&web()]).await;
    assert_eq!(
        (found.outcome, found.living, found.orphans.len()),
        (Outcome::Orphans, 1, 1)
    );
    let orphan = &found.orphans[0];
    assert_eq!(
        (orphan.owner.name.as_str(), orphan.reason),
        ("lost", Cause::ServiceGone)
    );
    assert_eq!(
        kinds(&orphan.resources),
        ["load balancer", "target group", "target group", "security group"]
    );
    assert!(found.shared.resources.is_empty(), "{:?}", found.shared);

    let deleted = world.provider.delete_unshared(&orphan.owner).await.unwrap();
    assert_eq!(deleted.resources, 4);
    assert_eq!(world.aws.digest(), alone);
    assert!(report(&world, &[&web()]).await.is_clean());
}

#[rstest]
#[case::groups(&[])]
#[case::no_groups(&[("disable-nlb-sg", "true")])]
#[tokio::test(start_paused = true)]
async fn what_services_share_goes_only_where_none_lives(#[case] annotations: &[(&str, &str)]) {
    let mut world = World::new();
    let untouched = world.aws.digest();
    let mut lost = service("lost", &[(80, 30081)]);
    for (key, value) in annotations {
        annotate(&mut lost, key, value);
    }
    left(&world, &mut lost).await;
    left(&world, &mut web()).await;
    world.restart();
    let found = report(&world, &[&web()]).await;
    assert!(found.shared.resources.is_empty(), "{:?}", found.shared);

    let found = report(&world, &[]).await;
    assert_eq!(found.orphans.len(), 2);
    let shared = kinds(&found.shared.resources);
    assert!(shared.contains(&"backend security group".to_owned()), "{shared:?}");
    assert!(shared.contains(&"node security group".to_owned()), "{shared:?}");
    for orphan in &found.orphans {
        world.provider.delete_unshared(&orphan.owner).await.unwrap();
    }
    assert_ne!(
        world.aws.digest(),
        untouched,
        "a controller that runs may need what is shared"
    );
    world.provider.delete_unneeded(&world.nodes).await.unwrap();
    assert_eq!(world.aws.digest(), untouched);
    assert!(report(&world, &[]).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_look_writes_nothing_and_sees_nothing_of_other_clusters_and_vpcs() {
    let world = World::warm().await;
    let elsewhere = |state: &mut crate::aws::State| {
        let group = state.group("k8s-shop-warm-");
        let mut copy = state.groups[&group].clone();
        copy.id = elbow::aws::ids::SecurityGroupId::new("sg-elsewhere");
        copy.vpc = elbow::aws::ids::VpcId::new("vpc-2");
        copy.tags.insert("elbow.dev/uid".to_owned(), "uid-elsewhere".to_owned());
        state.groups.insert(copy.id.clone(), copy);
    };
    elsewhere(&mut world.aws.state());
    let before = world.aws.digest();
    let (found, calls) = world.calls_of(report(&world, &[])).await;
    let owners: Vec<String> = found.orphans.iter().map(|orphan| orphan.owner.to_string()).collect();
    assert_eq!(owners, ["shop/warm"]);
    assert!(calls.iter().all(|call| call.contains(":Describe")), "{calls:?}");
    assert_eq!(world.aws.digest(), before);
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_from_deletion_stays() {
    let mut world = World::warm().await;
    let mut lost = service("lost", &[(80, 30081)]);
    annotate(&mut lost, "attributes", "deletion_protection.enabled=true");
    left(&world, &mut lost).await;
    world.restart();
    let before = world.aws.digest();
    let found = report(&world, &[&service("warm", &[])]).await;
    assert!(found.orphans[0].resources[0].protected);
    let error = world.provider.delete_unshared(&lost.owner).await.unwrap_err();
    assert_eq!(error.reason(), "DeletionProtected");
    assert_eq!(world.aws.digest(), before);
}

#[tokio::test(start_paused = true)]
async fn what_is_half_deleted_is_found_again_and_finished() {
    let mut world = World::new();
    let untouched = world.aws.digest();
    world.aws.state().release = Duration::from_secs(120);
    left(&world, &mut web()).await;
    world.restart();
    let error = world.provider.delete_unshared(&web().owner).await.unwrap_err();
    assert!(matches!(error, ProviderError::Conflict { .. }), "{error}");
    world.restart();
    let found = report(&world, &[]).await;
    assert_eq!(kinds(&found.orphans[0].resources), ["security group"]);
    sleep(LATER).await;
    world.provider.delete_unshared(&web().owner).await.unwrap();
    world.provider.delete_unneeded(&world.nodes).await.unwrap();
    assert_eq!(world.aws.digest(), untouched);
}

/// The controller's part of an audit, on an API server that only lists.
struct Auditor {
    context: Context<AwsProvider<Aws>>,
    watch: Writer<k8s::Service>,
    /// What the API server has, which the watch may not have told yet.
    listed: Arc<Mutex<Vec<k8s::Service>>>,
    policy: Policy,
    watchlist: Watchlist,
    figures: prometheus_client::registry::Registry,
}

impl Auditor {
    fn new(world: &mut World, delete: bool) -> Self {
        let listed = Arc::new(Mutex::new(Vec::new()));
        let client = Client::new(lists(listed.clone()), "default");
        let fence = Fence::open();
        let (events, _) = Events::start(client.clone(), fence.clone(), "test".to_owned());
        let (store, watch) = reflector::store();
        let mut figures = prometheus_client::registry::Registry::default();
        world.restart();
        let provider = std::mem::replace(&mut world.provider, crate::world::provider(&world.aws));
        let context = Context {
            client,
            store,
            provider,
            fence,
            claims: Claims {
                classes: ["elbow.dev/nlb".to_owned()].into(),
                unclassed: false,
            },
            nodes: watch::channel(Some(Arc::new(world.nodes.clone()))).1,
            memory: Memory::default(),
            events,
            metrics: elbow::telemetry::metrics::Metrics::register(&mut figures),
            synced: watch::Sender::new(true),
        };
        Self {
            context,
            watch,
            listed,
            policy: Policy {
                namespace: None,
                delete,
            },
            watchlist: Watchlist::default(),
            figures,
        }
    }

    /// A Service that the API server has; `seen` by the watch, too.
    fn has(&mut self, service: &Service, seen: bool) {
        let object = object(&service.owner);
        self.listed.lock().unwrap().push(object.clone());
        if seen {
            self.watch.apply_watcher_event(&Event::Apply(object));
        }
    }

    async fn audit(&mut self) {
        self.context.provider.audit().await.unwrap();
        sweep(&self.context, &self.policy, &mut self.watchlist).await;
    }

    fn figure(&self, name: &str) -> String {
        let text = elbow::telemetry::metrics::encode(&self.figures).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    }
}

/// Answers each list with those of the Services that its path and its field selector name.
fn lists(
    listed: Arc<Mutex<Vec<k8s::Service>>>,
) -> impl tower::Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible, Future: Send + 'static>
+ Send
+ Clone
+ 'static {
    tower::service_fn(move |request: Request<Body>| {
        let target = request.uri().to_string();
        let named = |service: &&k8s::Service| {
            let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
            let path = format!("/namespaces/{}/services", namespace.as_deref().unwrap_or_default());
            target.contains(&path)
                && target.ends_with(&format!("metadata.name%3D{}", name.as_deref().unwrap_or_default()))
        };
        let items: Vec<Value> = listed
            .lock()
            .unwrap()
            .iter()
            .filter(named)
            .map(|found| json!(found))
            .collect();
        let list = json!({"apiVersion": "v1", "kind": "ServiceList", "metadata": {}, "items": items});
        let body = Body::from(serde_json::to_vec(&list).unwrap());
        async move { Ok(Response::new(body)) }
    })
}

/// A cluster with a living Service and one whose finalizer was taken off by force.
async fn with_an_orphan() -> (World, String) {
    let world = World::new();
    left(&world, &mut web()).await;
    let alone = world.aws.digest();
    left(&world, &mut service("lost", &[(80, 30081)])).await;
    (world, alone)
}

#[tokio::test(start_paused = true)]
async fn an_orphan_is_reported_by_the_first_audit_and_removed_by_the_second() {
    let (mut world, alone) = with_an_orphan().await;
    let both = world.aws.digest();
    let mut auditor = Auditor::new(&mut world, true);
    auditor.has(&web(), true);
    auditor.audit().await;
    assert_eq!(auditor.figure("elbow_orphans "), "1");
    assert_eq!(world.aws.digest(), both);
    auditor.audit().await;
    assert_eq!(auditor.figure("elbow_orphans "), "0");
    assert_eq!(auditor.figure("elbow_orphans_deleted_total{result=\"success\"}"), "1");
    assert_eq!(world.aws.digest(), alone);
}

#[tokio::test(start_paused = true)]
async fn without_the_flag_an_orphan_is_only_reported() {
    let (mut world, _) = with_an_orphan().await;
    let both = world.aws.digest();
    let mut auditor = Auditor::new(&mut world, false);
    auditor.has(&web(), true);
    for _ in 0..4 {
        auditor.audit().await;
    }
    assert_eq!(auditor.figure("elbow_orphans "), "1");
    assert_eq!(world.aws.digest(), both);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_lives_is_never_touched_though_the_watch_does_not_show_it() {
    let (mut world, _) = with_an_orphan().await;
    let both = world.aws.digest();
    let mut auditor = Auditor::new(&mut world, true);
    auditor.has(&web(), true);
    auditor.has(&service("lost", &[]), false);
    for _ in 0..4 {
        auditor.audit().await;
    }
    assert_eq!(world.aws.digest(), both);
}

#[rstest]
#[case::no_service_in_the_watch(0, true, None)]
#[case::not_listed_yet(1, false, None)]
#[case::this_replica_does_not_lead(1, true, Some(Fence::closed()))]
#[tokio::test(start_paused = true)]
async fn in_doubt_an_orphan_stays(#[case] seen: usize, #[case] synced: bool, #[case] fence: Option<Fence>) {
    let (mut world, _) = with_an_orphan().await;
    let both = world.aws.digest();
    let mut auditor = Auditor::new(&mut world, true);
    auditor.context.synced = watch::Sender::new(synced);
    auditor.context.fence = fence.unwrap_or_else(Fence::open);
    auditor.has(&web(), seen > 0);
    for _ in 0..4 {
        auditor.audit().await;
    }
    assert_eq!(world.aws.digest(), both);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_lives_any_more_several_stay_and_a_single_one_goes() {
    let mut world = World::new();
    let untouched = world.aws.digest();
    left(&world, &mut web()).await;
    let single = world.aws.digest();
    left(&world, &mut service("lost", &[(80, 30081)])).await;
    let both = world.aws.digest();
    let bystander = service("bystander", &[]);
    let mut auditor = Auditor::new(&mut world, true);
    auditor.has(&bystander, true);
    for _ in 0..4 {
        auditor.audit().await;
    }
    assert_eq!(world.aws.digest(), both);
    world
        .provider
        .delete_unshared(&service("lost", &[]).owner)
        .await
        .unwrap();
    assert_eq!(world.aws.digest(), single);
    for _ in 0..2 {
        auditor.audit().await;
    }
    assert_eq!(world.aws.digest(), untouched);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_cannot_go_stops_no_other_and_is_tried_again() {
    let world = World::new();
    left(&world, &mut web()).await;
    let alone = world.aws.digest();
    let mut guarded = service("a-guarded", &[(80, 30081)]);
    annotate(&mut guarded, "attributes", "deletion_protection.enabled=true");
    let mut world = world;
    left(&world, &mut guarded).await;
    let guarded_only = world.aws.digest();
    left(&world, &mut service("b-lost", &[(80, 30082)])).await;
    let mut auditor = Auditor::new(&mut world, true);
    auditor.has(&web(), true);
    for _ in 0..2 {
        auditor.audit().await;
    }
    assert_eq!(world.aws.digest(), guarded_only);
    assert_eq!(auditor.figure("elbow_orphans "), "1");
    let lift = |state: &mut crate::aws::State| {
        let attributes = &mut state.load_balancer("k8s-shop-aguarded").1.attributes;
        attributes.insert("deletion_protection.enabled".to_owned(), "false".to_owned());
    };
    lift(&mut world.aws.state());
    auditor.audit().await;
    assert_eq!(world.aws.digest(), alone);
    assert_eq!(auditor.figure("elbow_orphans_deleted_total{result=\"error\"}"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_half_deleted_orphan_is_finished_by_a_later_audit() {
    let (mut world, alone) = with_an_orphan().await;
    world.aws.state().release = Duration::from_secs(120);
    let mut auditor = Auditor::new(&mut world, true);
    auditor.has(&web(), true);
    for _ in 0..2 {
        auditor.audit().await;
    }
    assert_eq!(auditor.figure("elbow_orphans "), "1");
    sleep(LATER).await;
    auditor.audit().await;
    assert_eq!(auditor.figure("elbow_orphans "), "0");
    assert_eq!(world.aws.digest(), alone);
}

#[tokio::test(start_paused = true)]
async fn of_other_namespaces_than_the_watched_one_nothing_is_an_orphan() {
    let (mut world, _) = with_an_orphan().await;
    let both = world.aws.digest();
    let mut auditor = Auditor::new(&mut world, true);
    auditor.policy.namespace = Some("bank".to_owned());
    auditor.has(&service("bystander", &[]), true);
    for _ in 0..4 {
        auditor.audit().await;
    }
    assert_eq!(auditor.figure("elbow_orphans "), "0");
    assert_eq!(world.aws.digest(), both);
}
