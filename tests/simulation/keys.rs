//! Every key of the table of annotations: set, taken out, and set wrong.

use elbow::aws::desired::annotations::keys::{Form, KEYS, Key, PREFIX, Suffix};
use elbow::aws::stack::LoadBalancerKind;
use elbow::provider::ProviderError;
use elbow::service::Service;

use crate::world::{ALLOCATIONS, CERTIFICATE, World, alb, assert_same, nodes, service};

const KINDS: [LoadBalancerKind; 2] = [LoadBalancerKind::Network, LoadBalancerKind::Application];

/// A Service of this kind, without annotations.
pub(crate) fn bare(kind: LoadBalancerKind) -> Service {
    let mut web = service("web", &[(80, 30080), (443, 30443)]);
    web.ports[0].name = Some("http".to_owned());
    web.ports[1].name = Some("https".to_owned());
    match kind {
        LoadBalancerKind::Network => web,
        LoadBalancerKind::Application => alb(web),
    }
}

/// The whole annotation, for a load balancer of this kind.
pub(crate) fn name(key: &Key, kind: LoadBalancerKind) -> String {
    let suffix = match (key.suffix, kind) {
        (Suffix::None, _) => "",
        (Suffix::Port, _) => ".80",
        (Suffix::Listener, LoadBalancerKind::Network) => ".TCP-80",
        (Suffix::Listener, LoadBalancerKind::Application) => ".HTTP-80",
    };
    format!("{key}{suffix}")
}

/// The table's example, where that holds for both kinds; else one for this kind.
fn example(key: &Key, kind: LoadBalancerKind) -> String {
    match (key.name, kind) {
        ("aws-load-balancer-subnets", LoadBalancerKind::Application) => {
            "subnet-0a0a0a0a0a0a0a0a0,subnet-0b0b0b0b0b0b0b0b0".to_owned()
        }
        ("aws-load-balancer-listener-attributes", LoadBalancerKind::Application) => {
            "routing.http.response.server.enabled=false".to_owned()
        }
        _ => key.example.to_owned(),
    }
}

/// What a key cannot do without, by what follows `aws-load-balancer-`.
fn needs(key: &Key) -> &'static [(&'static str, &'static str)] {
    const DUAL_STACK: (&str, &str) = ("ip-address-type", "dualstack");
    const SOURCE_NAT: (&str, &str) = ("enable-prefix-for-ipv6-source-nat", "on");
    const BUCKET: (&str, &str) = ("access-log-s3-bucket-name", "shop-logs");
    match key.name.trim_start_matches("aws-load-balancer-") {
        "eip-allocations" => &[("scheme", "internet-facing")],
        "ipv6-addresses" | "enable-prefix-for-ipv6-source-nat" => &[DUAL_STACK],
        "source-nat-ipv6-prefixes" => &[DUAL_STACK, SOURCE_NAT],
        "ssl-redirect" | "ssl-ports" | "ssl-negotiation-policy" | "alpn-policy" | "backend-protocol" => {
            &[("ssl-cert", CERTIFICATE)]
        }
        "access-log-enabled" | "access-log-s3-bucket-prefix" => &[BUCKET, ("access-log-enabled", "true")],
        "manage-backend-security-group-rules" => &[("security-groups", "sg-0f0f0f0f0f0f0f0f0")],
        _ => &[],
    }
}

/// Sets a key to its example, with what it needs.
pub(crate) fn set(service: &mut Service, key: &Key, kind: LoadBalancerKind) {
    prepare(service, key);
    service.annotations.insert(name(key, kind), example(key, kind));
}

fn prepare(service: &mut Service, key: &Key) {
    for (needed, value) in needs(key) {
        let name = format!("{PREFIX}aws-load-balancer-{needed}");
        service.annotations.insert(name, (*value).to_owned());
    }
}

/// Sets a key to what it may not hold.
pub(crate) fn spoil(service: &mut Service, key: &Key, kind: LoadBalancerKind) {
    let wrong = match key.form {
        Form::Json => "{",
        _ => "nonsense, with spaces; and more",
    };
    service.annotations.insert(name(key, kind), wrong.to_owned());
}

fn for_each_key() -> impl Iterator<Item = (&'static Key, LoadBalancerKind)> {
    let pairs = KEYS.iter().flat_map(|key| KINDS.map(|kind| (*key, kind)));
    pairs.filter(|(key, kind)| key.kinds.include(*kind))
}

#[tokio::test(start_paused = true)]
async fn the_example_of_each_key_is_served_and_taken_out_leaves_what_was_before() {
    for (key, kind) in for_each_key() {
        let (world, place) = (World::new(), format!("{key} on a {kind} load balancer"));
        let mut before = bare(kind);
        prepare(&mut before, key);
        before.annotations.remove(&name(key, kind));
        let mut after = before.clone();
        world.serve(&mut before).await;
        let plain = world.aws.shape();
        set(&mut after, key, kind);
        after.published = before.published;
        world.serve(&mut after).await;
        assert_eq!(world.aws.refusals(), Vec::<String>::new(), "{place}");
        after.annotations.remove(&name(key, kind));
        world.serve(&mut after).await;
        assert_eq!(world.aws.refusals(), Vec::<String>::new(), "{place}");
        assert_eq!(world.aws.blackouts(), Vec::<String>::new(), "{place}");
        assert_same(&world.aws.shape(), &plain, &place);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_of_a_key_changes_nothing_but_the_nodes_behind_it() {
    for (key, kind) in for_each_key() {
        let place = format!("{key} on a {kind} load balancer");
        let (mut world, mut fresh) = (World::new(), World::new());
        let mut web = bare(kind);
        prepare(&mut web, key);
        web.annotations.remove(&name(key, kind));
        world.serve(&mut web).await;
        world.nodes = nodes(2..=5);
        // Where it is not known which nodes are meant, none comes or goes.
        if key.name != "aws-load-balancer-target-node-labels" {
            fresh.nodes = nodes(2..=5);
        }
        let mut wrong = web.clone();
        spoil(&mut wrong, key, kind);
        let refused = world.ensure(&wrong).await;
        assert!(
            matches!(refused, Err(ProviderError::Invalid { .. })),
            "{place}: {refused:?}"
        );
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(key.name), "{place}: {text}");
        fresh.serve(&mut web).await;
        assert_same(&world.aws.digest(), &fresh.aws.digest(), &place);
        assert_eq!(world.aws.refusals(), Vec::<String>::new(), "{place}");
    }
}

/// Elastic addresses are the only key whose example names what one load balancer alone can hold.
#[tokio::test(start_paused = true)]
async fn an_elastic_address_that_somebody_else_holds_is_told_and_changes_nothing() {
    let world = World::new();
    let mut web = bare(LoadBalancerKind::Network);
    let key = format!("{PREFIX}aws-load-balancer-eip-allocations");
    web.annotations.insert(key, ALLOCATIONS[..3].join(","));
    web.annotations.insert(
        format!("{PREFIX}aws-load-balancer-scheme"),
        "internet-facing".to_owned(),
    );
    let mut other = web.clone();
    other.owner.uid = "uid-other".to_owned();
    world.serve(&mut web).await;
    let before = world.aws.digest();
    let refused = world.ensure(&other).await.unwrap_err();
    assert!(refused.to_string().contains("allocation"), "{refused}");
    world.remove(&other).await;
    assert_same(&world.aws.digest(), &before, "after the other went");
}
