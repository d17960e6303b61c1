//! Application load balancers.

use elbow::service::Service;

use super::{Action, Sequence, changes};
use crate::world::{CERTIFICATE, OTHER_CERTIFICATE, World, alb, annotate, service};

fn http() -> Service {
    alb(service("web", &[(80, 30080)]))
}

/// HTTP that leads to HTTPS.
fn redirecting() -> Service {
    let mut web = alb(service("web", &[(80, 30080), (443, 30443)]));
    annotate(&mut web, "ssl-cert", CERTIFICATE);
    annotate(&mut web, "ssl-redirect", "443");
    web
}

/// Several certificates, a port for gRPC, and no redirect.
fn many_sided() -> Service {
    let mut web = alb(service("web", &[(80, 30080), (443, 30443), (8443, 30844)]));
    annotate(&mut web, "ssl-cert", &format!("{OTHER_CERTIFICATE},{CERTIFICATE}"));
    annotate(&mut web, "ssl-ports", "443,8443");
    annotate(&mut web, "healthcheck-path", "/ready");
    annotate(&mut web, "attributes", "idle_timeout.timeout_seconds=120");
    web.ports[2].app_protocol = Some("grpc".to_owned());
    web
}

#[tokio::test(start_paused = true)]
async fn making_one_with_a_redirect_survives_every_fault() {
    let sequence = Sequence::new(vec![], vec![Action::Serve(redirecting())]);
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn turning_to_https_with_a_redirect_and_back_survives_every_fault() {
    changes(http(), redirecting()).await;
    changes(redirecting(), http()).await;
}

#[tokio::test(start_paused = true)]
async fn changing_ports_certificates_and_protocols_survives_every_fault() {
    changes(redirecting(), many_sided()).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_protocol_version_gets_a_target_group_of_its_own_first() {
    let mut h2c = many_sided();
    h2c.ports[2].app_protocol = Some("kubernetes.io/h2c".to_owned());
    changes(many_sided(), h2c).await;
}

#[tokio::test(start_paused = true)]
async fn taking_it_away_survives_every_fault_and_leaves_nothing() {
    let sequence = Sequence::new(vec![many_sided()], vec![Action::Remove(many_sided())]);
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}

/// The class of a Service changes by way of another type, which takes the load balancer away.
#[tokio::test(start_paused = true)]
async fn a_change_of_class_through_cluster_ip_survives_every_fault() {
    let network = || service("web", &[(80, 30080)]);
    for (before, after) in [(network(), http()), (http(), network())] {
        let actions = vec![Action::Remove(before.clone()), Action::Serve(after.clone())];
        let sequence = Sequence::new(vec![before], actions);
        sequence.ends_as(&after).await;
        sequence.holds().await;
    }
}

/// The flip was so quick that nobody saw the Service without a load balancer.
#[tokio::test(start_paused = true)]
async fn a_change_of_class_that_was_not_seen_replaces_the_load_balancer() {
    let network = service("web", &[(80, 30080)]);
    changes(network.clone(), http()).await;
    changes(http(), network).await;
}
