//! Many Services at once on an AWS that takes only so many calls: elbow keeps to that of itself, who waits for something is
//! served first, and where AWS throttles all the same elbow becomes slower and then faster again.

use std::collections::BTreeMap;
use std::time::Duration;

use elbow::aws::pace::{CLASSES, Figures, Rates};
use elbow::node::NodeSet;
use elbow::provider::{LoadBalancerProvider, Occasion, ProviderError, Retry};
use elbow::service::Service;
use futures::future::{join, join_all};
use tokio::time::{Instant, sleep};

use crate::aws::{Fault, Limits};
use crate::world::{World, assert_same, nodes, provider_at, service};

const BACKOFF: Duration = Duration::from_secs(5);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How it went with one Service.
#[derive(Debug)]
struct Course {
    /// When its hostname was known, from the beginning.
    hostname: Duration,
    /// When all was done.
    done: Duration,
    /// Its hostname was known while targets still waited.
    had_to_wait_for_targets: bool,
}

fn fleet(numbers: impl Iterator<Item = u16>) -> Vec<Service> {
    numbers
        .map(|number| service(&format!("web-{number}"), &[(80, 30000 + number)]))
        .collect()
}

/// A world whose AWS has limits, and an elbow that keeps to these rates.
fn limited(limits: Limits, rates: &str) -> World {
    let mut world = World::new();
    world.aws.state().limits = limits;
    world.provider = provider_at(&world.aws, Rates::parse(rates).unwrap());
    world
}

/// One in which these Services are served already, and elbow has read all of it since it was started.
async fn standing(services: &mut [Service], limits: Limits) -> World {
    let mut world = World::new();
    for service in services.iter_mut() {
        world.serve(service).await;
    }
    world.provider = provider_at(&world.aws, Rates::default());
    world.aws.state().limits = limits;
    drive_all(&world, services, &world.nodes, Occasion::Upkeep).await;
    sleep(PATIENCE).await;
    world
}

/// As the controller does it: calls again when it is told to.
async fn drive(world: &World, service: &mut Service, nodes: &NodeSet, occasion: Occasion) -> Course {
    let start = Instant::now();
    let mut hostname = None;
    let mut had_to_wait_for_targets = false;
    while start.elapsed() < PATIENCE {
        match world.provider.ensure(service, nodes, occasion).await {
            Ok(ensured) => {
                service.published = Some(ensured.hostname);
                hostname.get_or_insert(start.elapsed());
                had_to_wait_for_targets |= ensured.pending.is_some();
                match ensured.recheck {
                    Some(recheck) => sleep(recheck).await,
                    None => {
                        assert_eq!(ensured.pending, None);
                        return Course {
                            hostname: hostname.unwrap(),
                            done: start.elapsed(),
                            had_to_wait_for_targets,
                        };
                    }
                }
            }
            Err(error) => sleep(delay(&error)).await,
        }
    }
    panic!("{} is not served", service.owner);
}

async fn drive_all(world: &World, services: &mut [Service], nodes: &NodeSet, occasion: Occasion) -> Vec<Course> {
    join_all(
        services
            .iter_mut()
            .map(|service| drive(world, service, nodes, occasion)),
    )
    .await
}

/// Returns how long each deletion took.
async fn remove_all(world: &World, services: &[Service]) -> Vec<Duration> {
    let start = Instant::now();
    let remove = async |service: &Service| {
        while let Err(error) = world.delete(service).await {
            assert!(start.elapsed() < PATIENCE, "{} is not deleted: {error}", service.owner);
            sleep(delay(&error)).await;
        }
        start.elapsed()
    };
    join_all(services.iter().map(remove)).await
}

fn delay(error: &ProviderError) -> Duration {
    match error.retry() {
        Retry::After(delay) => delay,
        Retry::Backoff | Retry::Slowly => BACKOFF,
        Retry::Never => panic!("nobody closes the fence here: {error}"),
    }
}

fn longest<'a>(courses: impl IntoIterator<Item = &'a Course>) -> Duration {
    courses.into_iter().map(|course| course.done).max().unwrap_or_default()
}

/// What AWS holds where nobody ever had to wait.
async fn at_leisure(services: &[Service], nodes: &NodeSet) -> String {
    let mut world = World::new();
    world.nodes = nodes.clone();
    for service in services {
        world.serve(&mut service.clone()).await;
    }
    world.aws.digest()
}

fn assert_untroubled(world: &World) {
    let throttled = world.aws.state().limits.throttled.clone();
    assert_eq!(throttled, [""; 0], "AWS had to throttle");
    assert_eq!(world.aws.refusals(), [""; 0]);
}

fn figures(world: &World) -> BTreeMap<&'static str, Figures> {
    let figures = world.provider.pace();
    figures.into_iter().map(|figures| (figures.class, figures)).collect()
}

#[tokio::test(start_paused = true)]
async fn two_hundred_services_at_once_are_made_as_fast_as_aws_takes_the_calls_and_no_faster() {
    let world = limited(Limits::published(), "");
    let mut services = fleet(0..200);
    let courses = drive_all(&world, &mut services, &world.nodes, Occasion::Change).await;
    assert_untroubled(&world);
    assert_same(
        &world.aws.digest(),
        &at_leisure(&services, &world.nodes).await,
        "after 200 at once",
    );
    // Ten load balancers at once and one every five seconds.
    let floor = Duration::from_secs((200 - 10) * 5);
    let took = longest(&courses);
    assert!(
        (floor..floor + floor / 20).contains(&took),
        "{took:?}, at best {floor:?}"
    );
    // What was begun is finished before more is begun.
    let early = courses.iter().filter(|course| course.hostname < floor / 2).count();
    assert!(early >= 90, "{early} hostnames after half of the time");
}

#[tokio::test(start_paused = true)]
async fn a_hostname_is_given_out_before_its_targets_had_their_turn() {
    let limits = Limits::published()
        .with("registration", 1.0, 0.05)
        .with("resource-intensive", 50.0, 1.0);
    let world = limited(limits, "elbv2-registration=1:0.05,elbv2-resource-intensive=50:1");
    let mut services = fleet(0..20);
    let courses = drive_all(&world, &mut services, &world.nodes, Occasion::Change).await;
    assert_untroubled(&world);
    let waited = courses.iter().filter(|course| course.had_to_wait_for_targets).count();
    assert!(waited >= 18, "{waited} of 20");
    assert!(
        courses.iter().all(|course| course.hostname < Duration::from_secs(60)),
        "{courses:?}"
    );
    assert!(longest(&courses) > Duration::from_secs(19 * 20 - 60));
    assert_same(
        &world.aws.digest(),
        &at_leisure(&services, &world.nodes).await,
        "after all",
    );
}

#[tokio::test(start_paused = true)]
async fn changes_and_deletions_overtake_a_node_that_joins_and_the_audit_goes_on() {
    let mut all = fleet(0..220);
    let world = standing(&mut all, Limits::published()).await;
    let more = nodes(1..=4);
    let (going, staying) = all.split_at_mut(10);
    let (changing, joining) = staying.split_at_mut(10);
    for (number, service) in changing.iter_mut().enumerate() {
        let port = 31000 + u16::try_from(number).unwrap();
        *service = Service {
            published: service.published.clone(),
            ..crate::world::service(
                &service.owner.name,
                &[(80, service.ports[0].node_port.unwrap().get()), (81, port)],
            )
        };
    }
    let upkeep = drive_all(&world, joining, &more, Occasion::Upkeep);
    let change = async {
        // The queue of the others is there already.
        sleep(Duration::from_secs(2)).await;
        drive_all(&world, changing, &more, Occasion::Change).await
    };
    let delete = async {
        sleep(Duration::from_secs(2)).await;
        remove_all(&world, going).await
    };
    let audit = async {
        let mut examined = 0;
        for _ in 0..4 {
            sleep(Duration::from_secs(10)).await;
            examined += world.provider.audit().await.unwrap().examined;
        }
        examined
    };
    let ((upkeep, change), (deleted, examined)) = join(join(upkeep, change), join(delete, audit)).await;
    assert_untroubled(&world);
    assert_eq!(world.aws.blackouts(), [""; 0]);
    let remaining: Vec<Service> = changing.iter().chain(joining.iter()).cloned().collect();
    let expected = at_leisure(&remaining, &more).await;
    assert_same(&world.aws.digest(), &expected, "after a node has joined");
    // 200 registrations for the node and 20 for the changes: 20 at once and 4 a second.
    let floor = Duration::from_secs((220 - 20) / 4);
    let took = longest(&upkeep);
    assert!(
        (floor..floor + floor / 4).contains(&took),
        "{took:?}, at best {floor:?}"
    );
    assert!(longest(&change) < took / 2, "{:?} of {took:?}", longest(&change));
    assert!(
        deleted.iter().all(|took| *took < Duration::from_secs(20)),
        "{deleted:?}"
    );
    assert!(examined > 0, "the audit has looked at nothing");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_deletions_beside_as_many_new_services_starve_nobody() {
    let mut old = fleet(0..200);
    let world = standing(&mut old, Limits::published()).await;
    let mut new = fleet(200..260);
    let create = drive_all(&world, &mut new, &world.nodes, Occasion::Change);
    let (created, deleted) = join(create, remove_all(&world, &old)).await;
    assert_untroubled(&world);
    assert_same(
        &world.aws.digest(),
        &at_leisure(&new, &world.nodes).await,
        "after deletions",
    );
    // Each deletion takes two calls of the bucket that creations share, which has 20 and 3 a second.
    assert!(
        deleted.iter().all(|took| *took < Duration::from_secs(240)),
        "{deleted:?}"
    );
    assert!(longest(&created) < Duration::from_secs(300), "{:?}", longest(&created));
}

#[tokio::test(start_paused = true)]
async fn under_throttles_by_chance_elbow_becomes_slower_ends_well_and_recovers() {
    for seed in [1, 7, 42] {
        let world = limited(Limits::by_chance(50, seed), "");
        let mut services = fleet(0..20);
        let mut slowest = f64::INFINITY;
        let watch = async {
            loop {
                sleep(Duration::from_secs(1)).await;
                slowest = figures(&world)
                    .get("elbv2-mutating")
                    .map_or(slowest, |now| now.per_second.min(slowest));
            }
        };
        tokio::select! {
            _ = drive_all(&world, &mut services, &world.nodes, Occasion::Change) => {}
            () = watch => {}
        }
        assert!(world.aws.state().limits.throttled.len() > 50);
        assert!(slowest < 1.0, "at the slowest {slowest} calls a second");
        world.aws.state().limits = Limits::default();
        sleep(Duration::from_secs(120)).await;
        assert_eq!(figures(&world)["elbv2-mutating"].per_second, 3.0, "seed {seed}");
        assert_same(
            &world.aws.digest(),
            &at_leisure(&services, &world.nodes).await,
            "after throttles",
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_only_node_goes_nowhere_before_the_one_that_replaces_it_is_registered() {
    let mut services = fleet(0..40);
    let mut world = World::new();
    world.nodes = nodes([1]);
    for service in &mut services {
        world.serve(service).await;
    }
    world.provider = provider_at(&world.aws, Rates::default());
    world.aws.state().limits = Limits::published();
    drive_all(&world, &mut services, &nodes([2]), Occasion::Upkeep).await;
    assert_untroubled(&world);
    assert_eq!(world.aws.blackouts(), [""; 0]);
    assert_same(
        &world.aws.digest(),
        &at_leisure(&services, &nodes([2])).await,
        "after the node was replaced",
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_that_aws_throttles_is_sent_again_more_slowly_and_the_pass_goes_on() {
    let world = limited(Limits::default(), "");
    for call in 0..3 {
        world.aws.fail(call, Fault::Refuse("Throttling"));
    }
    let ensured = world.ensure(&service("web", &[(80, 30080)])).await;
    assert!(ensured.is_ok(), "{ensured:?}");
    let throttled: u64 = figures(&world).values().map(|figures| figures.throttled).sum();
    assert_eq!(throttled, 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_aws_throttles_fails_its_pass_once_and_slows_its_class() {
    let world = limited(Limits::default(), "");
    world.ensure(&service("warm", &[(81, 30081)])).await.unwrap();
    world.aws.fail(1, Fault::Refuse("Throttling"));
    let web = service("web", &[(80, 30080)]);
    let error = world.ensure(&web).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), ("Throttled", Retry::Backoff));
    let figures = figures(&world);
    let slowed = figures.values().find(|figures| figures.throttled == 1).unwrap();
    let class = CLASSES.iter().find(|class| class.name == slowed.class).unwrap();
    assert!(slowed.per_second < class.published.per_second * 0.51, "{slowed:?}");
    // The class has nothing left at once, which is no failure.
    let error = world.ensure(&web).await.unwrap_err();
    assert_eq!(error.reason(), "Paced");
    sleep(delay(&error)).await;
    while let Err(error) = world.ensure(&web).await {
        assert_eq!(error.reason(), "Paced");
        sleep(delay(&error)).await;
    }
}
