//! What `elbow inspect` sees of AWS, and how few calls that takes.

use elbow::inspect::evidence::Cloud;
use elbow::inspect::gather::aws::{Scope, look};
use elbow::service::Service;

use crate::world::{CLUSTER, World, nodes, service};

async fn seen(world: &World, service: &Service) -> Cloud {
    let scope = Scope {
        region: "us-east-1".to_owned(),
        cluster: Some(CLUSTER.to_owned()),
    };
    look(&world.aws, &scope, service).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_service_is_seen_whole_in_a_handful_of_calls_that_only_read() {
    let world = World::warm().await;
    let mut web = service("web", &[(80, 30080), (443, 30443)]);
    world.serve(&mut web).await;
    let (cloud, calls) = world.calls_of(seen(&world, &web)).await;
    assert_eq!(
        calls,
        [
            "ec2:DescribeInstances",
            "ec2:DescribeSecurityGroups",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:DescribeTargetHealth",
        ]
    );
    let found = cloud.load_balancer.unwrap();
    assert_eq!(found.tags["elbow.dev/uid"], "uid-web");
    assert_eq!(Some(found.description.dns_name), web.published);
    let ports: Vec<u16> = found.listeners.iter().map(|listener| listener.port.get()).collect();
    assert_eq!(ports, [80, 443]);
    let targets: Vec<usize> = cloud.target_groups.iter().map(|group| group.targets.len()).collect();
    assert_eq!(targets, [3, 3]);
    assert_eq!(cloud.instances.len(), nodes(1..=3).nodes.len());
    assert!(cloud.groups.iter().any(|group| group.id.as_str() == "sg-nodes"));
    assert_eq!(
        cloud.groups.len(),
        3,
        "those of the load balancer and that of the nodes"
    );
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_is_found_by_its_tags_where_the_hostname_is_another() {
    let world = World::warm().await;
    let mut web = service("web", &[(80, 30080)]);
    world.serve(&mut web).await;
    let own = web.published.replace("gone.example.com".to_owned());
    let cloud = seen(&world, &web).await;
    assert_eq!(cloud.load_balancer.map(|found| found.description.dns_name), own);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_seen() {
    let world = World::warm().await;
    let cloud = seen(&world, &service("web", &[(80, 30080)])).await;
    assert!(cloud.load_balancer.is_none() && cloud.target_groups.is_empty() && cloud.groups.is_empty());
}
