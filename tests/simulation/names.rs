//! Names that somebody else holds.

use elbow::aws::stack::Scheme;
use elbow::provider::{ProviderError, Retry};
use elbow::service::Service;

use crate::aws::Aws;
use crate::world::{CLUSTER, World, annotate, service};

fn named(name: &str) -> Service {
    let mut service = service("web", &[(80, 30080)]);
    annotate(&mut service, "name", name);
    service
}

fn reason(error: &ProviderError) -> &'static str {
    assert!(matches!(error, ProviderError::Invalid { .. }), "{error}");
    assert!(matches!(error.retry(), Retry::Slowly));
    error.reason()
}

fn listeners(aws: &Aws) -> usize {
    aws.state().listeners.len()
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_of_a_stranger_with_the_wanted_name_is_an_error_and_stays_untouched() {
    let world = World::warm().await;
    let foreign = world.aws.foreign_digest(CLUSTER);
    let before = listeners(&world.aws);
    let error = world.ensure(&named("foreign")).await.unwrap_err();
    assert_eq!(reason(&error), "NameTaken");
    assert!(error.to_string().contains("foreign"), "{error}");
    assert_eq!(world.aws.foreign_digest(CLUSTER), foreign);
    assert_eq!(listeners(&world.aws), before);
}

/// AWS answers a create with what is there already where the settings are the same.
#[tokio::test(start_paused = true)]
async fn a_strangers_load_balancer_with_the_very_settings_is_not_taken_over() {
    let world = World::warm().await;
    let mut web = named("shop-front");
    world.serve(&mut web).await;
    {
        let mut state = world.aws.state();
        let (_, known) = state.load_balancer("shop-front");
        known.tags.insert("elbow.dev/cluster".to_owned(), "green".to_owned());
    }
    world.audit().await;
    let digest = world.aws.foreign_digest(CLUSTER);
    let error = world.ensure(&web).await.unwrap_err();
    assert_eq!(reason(&error), "NameTaken");
    assert_eq!(world.aws.foreign_digest(CLUSTER), digest);
}

#[tokio::test(start_paused = true)]
async fn of_two_services_with_one_name_the_first_keeps_it() {
    let world = World::warm().await;
    let mut first = service("first", &[(80, 30080)]);
    annotate(&mut first, "name", "shop-front");
    world.serve(&mut first).await;
    let error = world.ensure(&named("shop-front")).await.unwrap_err();
    assert_eq!(reason(&error), "NameTaken");
    let (ensured, calls) = world.calls_of(world.ensure(&first)).await;
    assert_eq!(ensured.unwrap().writes, 0);
    assert_eq!(calls, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_service_recovers_once_the_name_is_free() {
    let world = World::warm().await;
    let mut web = named("foreign");
    world.ensure(&web).await.unwrap_err();
    world.aws.state().remove_load_balancer("foreign");
    let ensured = world.serve(&mut web).await;
    assert!(ensured.hostname.starts_with("foreign-"));
    assert_eq!(world.aws.state().load_balancer("foreign").1.scheme, Scheme::Internal);
}

#[tokio::test(start_paused = true)]
async fn a_name_of_ones_own_costs_one_read_more() {
    let world = World::warm().await;
    let (_, calls) = world.calls_of(world.ensure(&named("shop-front"))).await;
    assert_eq!(calls.len(), 7, "{calls:?}");
    assert!(calls.contains(&"elasticloadbalancing:DescribeLoadBalancers"));
}

#[tokio::test(start_paused = true)]
async fn a_group_of_a_stranger_with_the_wanted_name_is_an_error_and_stays_untouched() {
    let world = World::warm().await;
    let mut web = service("web", &[(80, 30080)]);
    world.serve(&mut web).await;
    {
        let mut state = world.aws.state();
        let id = state.group("k8s-shop-web-");
        state.group_mut(&id).unwrap().tags.clear();
    }
    world.audit().await;
    let digest = world.aws.digest();
    let error = world.ensure(&web).await.unwrap_err();
    assert_eq!(reason(&error), "NameTaken");
    assert_eq!(world.aws.digest(), digest);
}
