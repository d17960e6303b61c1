//! What a Service's ports may say, each with an answer from a Pod.

use std::time::Duration;

use elbow_sandbox::client::Failure;
use elbow_sandbox::echo::{Answer, Kind, Mode, Protocol};
use k8s_openapi::api::core::v1::Service;
use serde_json::json;

use super::visitor::{self, Visitor};
use super::workload::{Running, Workload};
use crate::by_hand;
use crate::manifest::Manifest;
use crate::scenario::with_installed_elbow;
use crate::wait::until;

fn is_from(answer: &Answer, pods: &[Running]) -> bool {
    pods.iter()
        .any(|pod| (&pod.name, &pod.node) == (&answer.pod, &answer.node))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn ports_of_tcp_udp_both_and_by_name_lead_each_to_its_own_port_of_a_pod() {
    with_installed_elbow("ports", async |scenario| {
        let workload = Workload::http("web")
            .port(Kind::Tcp, 9000)
            .port(Kind::Udp, 7000)
            .port(Kind::Tcp, 5353)
            .port(Kind::Udp, 5353);
        let pods = workload.replicas(2).deploy(&scenario.cluster).await;
        let ports = json!([
            { "name": "by-name", "port": 80, "targetPort": "http-8080" },
            { "name": "by-number", "port": 9001, "targetPort": 9000 },
            { "name": "game", "port": 7777, "protocol": "UDP", "targetPort": 7000 },
            { "name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 5353 },
            { "name": "dns-udp", "port": 53, "protocol": "UDP", "targetPort": "udp-5353" },
        ]);
        let hostname = scenario.serve(&scenario.service("web").ports(ports)).await;
        let visitor = Visitor::of(&scenario.sandbox);
        for (url, protocol, port) in [
            (format!("http://{hostname}/"), Protocol::Http1, 8080),
            (format!("tcp://{hostname}:9001"), Protocol::Tcp, 9000),
            (format!("udp://{hostname}:7777"), Protocol::Udp, 7000),
            (format!("tcp://{hostname}:53"), Protocol::Tcp, 5353),
            (format!("udp://{hostname}:53"), Protocol::Udp, 5353),
        ] {
            let answer = visitor.answer(&visitor.request(&url)).await;
            assert!(is_from(&answer, &pods), "{url}: {answer:?}");
            assert_eq!((answer.protocol, answer.server.port()), (protocol, port), "{url}");
        }
        let none_of_tcp = visitor.request(&format!("tcp://{hostname}:7777"));
        visitor.wait_dropped(&none_of_tcp).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn tls_ends_at_the_load_balancer_or_begins_there_anew_and_other_ports_stay_plain() {
    with_installed_elbow("tls", async |scenario| {
        let workload = Workload::http("web").port(Kind::Tcp, 9000).port(Kind::Https, 8443);
        workload.deploy(&scenario.cluster).await;
        let certificate = by_hand::certificate(&scenario.sandbox).await;
        let ports = json!([
            { "name": "http", "port": 80, "targetPort": 8080 },
            { "name": "https", "port": 443, "targetPort": 8080 },
            { "name": "lines", "port": 9443, "targetPort": 9000 },
        ]);
        let plain_inside = scenario
            .service("web")
            .ports(ports)
            .aws("ssl-cert", &certificate)
            .aws("ssl-ports", "https,lines");
        let tls_inside = Manifest::new("anew")
            .spec("selector", json!({ "app": "web" }))
            .ports(json!([{ "name": "https", "port": 443, "targetPort": 8443 }]))
            .aws("ssl-cert", &certificate)
            .aws("backend-protocol", "ssl");
        scenario.cluster.create_service(&tls_inside).await;
        let hostname = scenario.serve(&plain_inside).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let secure = |url: &str| visitor.request(url).server_name(by_hand::CERTIFIED);

        let https = secure(&format!("https://{hostname}/"));
        assert_eq!(visitor.answer(&https).await.tls, None);
        let lines = secure(&format!("tls://{hostname}:9443"));
        assert_eq!(visitor.answer(&lines).await.protocol, Protocol::Tcp);
        let plain = visitor.request(&format!("http://{hostname}/"));
        assert_eq!(visitor.answer(&plain).await.protocol, Protocol::Http1);
        let stranger = https.clone().server_name("other.example.com");
        let refused = visitor.ask(&stranger).await;
        assert!(matches!(refused, Err(Failure::Tls(_))), "{refused:?}");

        let anew = scenario.cluster.wait_programmed("anew").await;
        let answer = visitor.answer(&secure(&format!("https://{anew}/"))).await;
        assert!(answer.tls.is_some(), "{answer:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_pod_learns_the_client_from_the_proxy_header_for_as_long_as_the_annotation_stands() {
    with_installed_elbow("proxy", async |scenario| {
        let workload = Workload::http("web").proxy_protocol(Mode::Optional);
        workload.deploy(&scenario.cluster).await;
        let hostname = scenario
            .serve(&scenario.service("web").aws("proxy-protocol", "*"))
            .await;
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor
            .request(&format!("http://{hostname}/"))
            .from(visitor::address(1));
        let answer = visitor.answer(&ask).await;
        let header = answer.proxy.unwrap();
        assert_eq!(header.version, 2);
        assert_eq!(header.source.unwrap().ip(), visitor::address(1));
        assert_eq!(header.destination.unwrap().port(), 80);
        assert_ne!(
            answer.client.ip(),
            visitor::address(1),
            "the connection is the load balancer's"
        );

        let key = "service.beta.kubernetes.io/aws-load-balancer-proxy-protocol";
        for (value, wanted) in [(None, false), (Some("*"), true)] {
            let change = json!({ "metadata": { "annotations": { key: value } } });
            scenario.cluster.patch_service("web", change).await;
            until(&format!("an answer with a header: {wanted}"), async || {
                match visitor.ask(&ask).await {
                    Ok(answer) if answer.proxy.is_some() == wanted => Ok(()),
                    other => Err(format!("{other:?}")),
                }
            })
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn endpoints_written_by_hand_are_served_and_followed() {
    with_installed_elbow("by-hand", async |scenario| {
        let pods = Workload::new("db")
            .port(Kind::Tcp, 9000)
            .replicas(2)
            .deploy(&scenario.cluster)
            .await;
        let slice = |address: &str| {
            json!({
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": { "name": "db-1", "labels": { "kubernetes.io/service-name": "outside" } },
                "addressType": "IPv4",
                "ports": [{ "name": "db", "port": 9000, "protocol": "TCP" }],
                "endpoints": [{ "addresses": [address] }],
            })
        };
        let manifest = scenario
            .service("outside")
            .spec("selector", json!(null))
            .ports(json!([{ "name": "db", "port": 5432 }]));
        scenario.cluster.apply_endpoints(slice(&pods[0].address)).await;
        let hostname = scenario.serve(&manifest).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("tcp://{hostname}:5432"));
        assert_eq!(visitor.answer(&ask).await.pod, pods[0].name);

        scenario.cluster.apply_endpoints(slice(&pods[1].address)).await;
        // Each node's kube-proxy follows in its own time.
        until("answers of the other endpoint alone", async || {
            let report = visitor.many(&ask, 20, Duration::from_secs(1)).await;
            if report.failed.is_empty() && report.by_pod.keys().eq([&pods[1].name]) {
                Ok(())
            } else {
                Err(format!("{report:?}"))
            }
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn services_of_other_kinds_beside_a_served_one_are_not_touched() {
    with_installed_elbow("beside", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let plain = |name: &str| {
            let manifest = Manifest::new(name).spec("loadBalancerClass", json!(null));
            manifest.spec("selector", json!({ "app": "web" }))
        };
        let others = [
            plain("headless")
                .spec("type", json!("ClusterIP"))
                .spec("clusterIP", json!("None")),
            plain("inner").spec("type", json!("ClusterIP")),
            plain("node-port").spec("type", json!("NodePort")),
            plain("elsewhere")
                .spec("type", json!("ExternalName"))
                .spec("externalName", json!("example.com"))
                .spec("selector", json!(null))
                .spec("ports", json!(null)),
        ];
        let mut before: Vec<Service> = Vec::new();
        for other in &others {
            before.push(scenario.cluster.create_service(other).await);
        }
        let hostname = scenario.serve(&scenario.service("web")).await;
        let visitor = Visitor::of(&scenario.sandbox);
        visitor.answer(&visitor.request(&format!("http://{hostname}/"))).await;
        for (other, before) in others.iter().zip(before) {
            let after = scenario.cluster.services().get(other.name()).await.unwrap();
            assert_eq!(after, before, "nobody wrote to it");
            assert!(scenario.holdings(other.name()).await.is_empty());
        }
    })
    .await;
}
