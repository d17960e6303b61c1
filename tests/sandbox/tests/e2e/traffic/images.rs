//! The images that nodes run: elbow's own, the echo workload and nginx.

use std::collections::BTreeSet;
use std::time::Duration;

use elbow_sandbox::echo::{Answer, Kind, Mode, Protocol};
use elbow_sandbox::http;
use elbow_sandbox::image::stock;
use elbow_sandbox::install::SELECTOR;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, UdpSocket};

use super::nginx::Nginx;
use super::workload::Workload;
use crate::manifest::Manifest;
use crate::scenario::with_installed_elbow;
use crate::wait::until;

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn elbow_runs_from_its_image_as_two_pods_that_may_do_nothing_but_their_work() {
    with_installed_elbow("image", async |scenario| {
        let pods = Api::<Pod>::namespaced(scenario.cluster.client.clone(), "elbow-system");
        let selected = ListParams::default().labels(SELECTOR);
        let found = pods.list(&selected).await.unwrap().items;
        assert_eq!(found.len(), 2);
        let mut nodes = BTreeSet::new();
        for pod in found {
            let spec = pod.spec.unwrap();
            let container = &spec.containers[0];
            assert!(container.image.as_ref().unwrap().starts_with(stock::ELBOW));
            let context = container.security_context.as_ref().unwrap();
            assert_eq!(context.read_only_root_filesystem, Some(true));
            assert_eq!(context.allow_privilege_escalation, Some(false));
            assert_eq!(spec.security_context.unwrap().run_as_user, Some(65532));
            let status = pod.status.unwrap().container_statuses.unwrap();
            assert!(status[0].ready, "{status:?}");
            nodes.extend(spec.node_name);
        }
        assert_eq!(nodes.len(), 2, "two Pods on two nodes");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn the_echo_workload_signs_with_its_pod_and_node_on_every_protocol() {
    with_installed_elbow("echo", async |scenario| {
        let workload = Workload::http("web")
            .port(Kind::Tcp, 9000)
            .port(Kind::Udp, 9000)
            .proxy_protocol(Mode::Optional)
            .replicas(3);
        let pods = workload.deploy(&scenario.cluster).await;
        for pod in &pods {
            let http = http::text(&format!("http://{}:8080/", pod.address)).await.unwrap();
            let at = (pod.address.as_str(), 9000);
            for (text, protocol) in [
                (http, Protocol::Http1),
                (tcp(at).await, Protocol::Tcp),
                (udp(at).await, Protocol::Udp),
            ] {
                let answer: Answer = serde_json::from_str(&text).unwrap();
                assert_eq!((answer.pod, answer.node), (pod.name.clone(), pod.node.clone()));
                assert_eq!(answer.protocol, protocol);
            }
        }
        let nodes: BTreeSet<_> = pods.iter().map(|pod| &pod.node).collect();
        assert_eq!(nodes.len(), 3, "one Pod on each node");
        let old: BTreeSet<_> = pods.iter().map(|pod| pod.name.clone()).collect();
        let new = workload.restart(&scenario.cluster).await;
        assert!(new.iter().all(|pod| !old.contains(&pod.name)));
        let ending = workload
            .drain(Duration::from_secs(1))
            .ready_after(Duration::from_secs(1));
        let one = ending.replicas(1).on_node(&pods[0].node).apply(&scenario.cluster).await;
        assert_eq!(one[0].node, pods[0].node);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn nginx_leads_from_a_path_to_a_service_by_the_test_s_own_configuration() {
    with_installed_elbow("nginx", async |scenario| {
        let cluster = &scenario.cluster;
        Workload::http("shop").deploy(cluster).await;
        let inner = Manifest::new("shop")
            .spec("type", json!("ClusterIP"))
            .spec("loadBalancerClass", json!(null));
        cluster.create_service(&inner).await;
        let configuration = format!(
            "server {{ listen 8080; location /shop {{ proxy_pass http://shop.{}.svc.cluster.local; }} }}",
            cluster.namespace
        );
        Nginx::new("front", 8080, &configuration).deploy(cluster).await;
        let pods = Workload::new("front").pods(cluster).await;
        let url = format!("http://{}:8080/shop/cart", pods[0].address);
        let answer = until("the answer through nginx", async || {
            http::text(&url).await.ok_or_else(|| "no answer".to_owned())
        })
        .await;
        let answer: Answer = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer.path.as_deref(), Some("/shop/cart"));
        assert!(answer.pod.starts_with("shop-"), "{answer:?}");
    })
    .await;
}

async fn tcp(at: (&str, u16)) -> String {
    let mut stream = BufReader::new(TcpStream::connect(at).await.unwrap());
    stream.write_all(b"hello\n").await.unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line
}

async fn udp(at: (&str, u16)) -> String {
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    socket.connect(at).await.unwrap();
    socket.send(b"hello").await.unwrap();
    let mut buffer = vec![0; 2048];
    let received = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut buffer)).await;
    String::from_utf8(buffer[..received.unwrap().unwrap()].to_vec()).unwrap()
}
