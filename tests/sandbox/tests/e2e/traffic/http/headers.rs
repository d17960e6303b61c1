//! What a Pod learns of the client and of the request that the load balancer was sent.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use elbow_sandbox::echo::Protocol;
use serde_json::json;

use super::service;
use crate::scenario::with_installed_elbow;
use crate::traffic::visitor::{Visitor, address};
use crate::traffic::workload::Workload;
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_request_arrives_as_it_was_sent_with_the_client_in_x_forwarded_for() {
    with_installed_elbow("http-headers", async |scenario| {
        let local = service(&scenario).spec("externalTrafficPolicy", json!("Local"));
        Workload::http("web").replicas(2).deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&local).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let url = format!("http://{hostname}/cart?item=1");

        let answer = visitor.answer(&visitor.request(&url)).await;
        assert_eq!(answer.protocol, Protocol::Http1);
        assert_eq!(answer.host.as_deref(), Some(hostname.as_str()));
        assert_eq!(answer.path.as_deref(), Some("/cart?item=1"));
        assert_eq!(answer.headers["x-forwarded-for"], address(0).to_string());
        assert_eq!(answer.headers["x-forwarded-proto"], "http");
        assert_eq!(answer.headers["x-forwarded-port"], "80");
        let IpAddr::V4(sender) = answer.client.ip() else {
            panic!("{answer:?}");
        };
        assert_eq!(
            sender.octets()[..2],
            [10, 0],
            "the load balancer itself, out of the VPC, speaks to the Pod"
        );

        let claims = visitor
            .request(&url)
            .from(address(1))
            .header("x-forwarded-for", "192.0.2.7");
        let answer = visitor.answer(&claims).await;
        let expected = format!("192.0.2.7, {}", address(1));
        assert_eq!(
            answer.headers["x-forwarded-for"], expected,
            "what a client claims comes first"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn attributes_of_the_load_balancer_change_the_headers_and_are_taken_back() {
    with_installed_elbow("http-attributes", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let with_port = service(&scenario).aws("attributes", "routing.http.xff_client_port.enabled=true");
        let hostname = scenario.serve(&with_port).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("http://{hostname}/"));

        let answer = visitor.answer(&ask).await;
        let client: SocketAddr = answer.headers["x-forwarded-for"].parse().unwrap();
        assert_eq!(client.ip(), address(0));

        let key = "service.beta.kubernetes.io/aws-load-balancer-attributes";
        let without = json!({ "metadata": { "annotations": { key: null } } });
        scenario.cluster.patch_service("web", without).await;
        until("X-Forwarded-For without the port", async || {
            let answer = visitor.ask(&ask).await.map_err(|failure| failure.to_string())?;
            match &answer.headers["x-forwarded-for"] {
                client if *client == address(0).to_string() => Ok(()),
                client => Err(client.clone()),
            }
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn requests_reach_every_pod() {
    with_installed_elbow("http-pods", async |scenario| {
        let pods = Workload::http("web").replicas(3).deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&service(&scenario)).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("http://{hostname}/"));
        visitor.answer(&ask).await;
        let all: BTreeSet<String> = pods.into_iter().map(|pod| pod.name).collect();
        until("an answer of each Pod", async || {
            let report = visitor.many(&ask, 20, Duration::from_secs(1)).await;
            let seen: BTreeSet<String> = report.by_pod.keys().cloned().collect();
            if seen == all {
                Ok(())
            } else {
                Err(format!("{report:?}"))
            }
        })
        .await;
    })
    .await;
}
