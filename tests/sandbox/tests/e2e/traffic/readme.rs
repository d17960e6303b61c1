//! The examples of the README, as they stand there.

use elbow_sandbox::client::Ask;
use elbow_sandbox::echo::Protocol;

use super::visitor::{self, Visitor};
use super::workload::Workload;
use crate::by_hand;
use crate::manifest::Manifest;
use crate::scenario::with_installed_elbow;
use crate::wait::until;

const README: &str = include_str!("../../../../../README.md");

/// The Services of the README, in their order.
fn examples() -> Vec<Manifest> {
    let blocks = README.split("```yaml\n").skip(1);
    let texts = blocks.filter_map(|block| Some(block.split_once("```")?.0));
    texts.map(Manifest::from_yaml).collect()
}

/// The example of that name.
fn example(name: &str) -> Manifest {
    examples().into_iter().find(|example| example.name() == name).unwrap()
}

#[test]
fn every_example_of_the_readme_is_one_of_those_that_are_tried_here() {
    let examples = examples();
    let names: Vec<&str> = examples.iter().map(Manifest::name).collect();
    assert_eq!(names, ["web", "shop"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn the_first_service_of_the_readme_answers_at_its_hostname() {
    with_installed_elbow("readme-web", async |scenario| {
        let pods = Workload::http("web").replicas(2).deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&example("web")).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("http://{hostname}/hello?to=you"));
        let answer = visitor.answer(&ask).await;
        assert!(pods.iter().any(|pod| pod.name == answer.pod), "{answer:?}");
        assert_eq!(answer.protocol, Protocol::Http1);
        assert_eq!(answer.host.as_deref(), Some(hostname.as_str()));
        assert_eq!(answer.path.as_deref(), Some("/hello?to=you"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn the_http_service_of_the_readme_redirects_to_https_and_answers_there() {
    with_installed_elbow("readme-shop", async |scenario| {
        let pods = Workload::http("shop").replicas(2).deploy(&scenario.cluster).await;
        let certificate = by_hand::certificate(&scenario.sandbox).await;
        let hostname = scenario.serve(&example("shop").aws("ssl-cert", &certificate)).await;
        let visitor = Visitor::of(&scenario.sandbox);

        let plain: Ask = visitor.request(&format!("http://{hostname}/cart?item=1"));
        let reply = until("the redirect", async || {
            visitor.reply(&plain).await.map_err(|failure| failure.to_string())
        })
        .await;
        assert_eq!(reply.status(), 301);
        let expected = format!("https://{hostname}:443/cart?item=1");
        assert_eq!(reply.header("location"), Some(expected.as_str()));

        let secure = visitor.request(&expected).server_name(by_hand::CERTIFIED);
        let answer = visitor.answer(&secure).await;
        assert!(pods.iter().any(|pod| pod.name == answer.pod), "{answer:?}");
        assert_eq!(answer.path.as_deref(), Some("/cart?item=1"));
        assert_eq!(answer.headers["x-forwarded-for"], visitor::address(0).to_string());
        assert_eq!(answer.headers["x-forwarded-proto"], "https");
    })
    .await;
}
