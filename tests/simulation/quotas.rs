//! Limits of the account that AWS tells only by refusing.

use elbow::provider::{ProviderError, Retry};
use elbow::service::Service;
use rstest::rstest;

use crate::aws::Quotas;
use crate::world::{World, service};

fn services() -> [Service; 3] {
    ["a", "b", "c"].map(|name| service(name, &[(80, 30080)]))
}

#[rstest]
#[case::load_balancers(Quotas { network_load_balancers: 3, ..Quotas::default() }, "TooManyLoadBalancers")]
#[case::target_groups(Quotas { target_groups: 3, ..Quotas::default() }, "TooManyTargetGroups")]
#[case::security_groups(Quotas { security_groups: 7, ..Quotas::default() }, "SecurityGroupLimitExceeded")]
#[tokio::test(start_paused = true)]
async fn one_service_too_many_is_told_the_quota_the_others_go_on_and_it_recovers_alone(
    #[case] quotas: Quotas,
    #[case] code: &str,
) {
    let world = World::new();
    world.aws.state().quotas = quotas;
    let [mut first, mut second, mut third] = services();
    world.serve(&mut first).await;
    world.serve(&mut second).await;
    for _ in 0..3 {
        let error = world.ensure(&third).await.unwrap_err();
        assert!(
            matches!(&error, ProviderError::Quota { code: told, .. } if told == code),
            "{error}"
        );
        assert!(matches!(error.retry(), Retry::Slowly));
    }
    first.source_ranges = vec!["192.0.2.0/24".to_owned()];
    world.serve(&mut first).await;
    assert_eq!(world.ensure(&second).await.unwrap().writes, 0);
    world.remove(&first).await;
    world.serve(&mut third).await;
}
