//! The controller as a whole: what the watch delivers leads to passes.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::case::{COMPANIONS, Cloud, answer_status, claims, ensured, served, service};
use crate::controller::mock::{ApiServer, Call, api_server};
use crate::controller::reconcile::*;
use crate::controller::trigger::ReconcileAll;
use crate::controller::{Controller, Parts};
use crate::node::NodeSet;

#[tokio::test(start_paused = true)]
async fn a_change_of_a_companion_leads_to_a_pass_over_the_service_and_so_does_its_end() {
    let mut web = served();
    web.metadata.annotations = Some([(COMPANIONS.to_owned(), "api".to_owned())].into());
    let mut cluster = Cluster {
        services: vec![web.clone(), other("api", 8080), other("db", 5432)],
        events: vec![
            json!({"type": "MODIFIED", "object": other("api", 9090)}),
            json!({"type": "DELETED", "object": other("api", 9090)}),
        ],
        unanswered: Vec::new(),
        patches: 0,
    };
    let (client, mut server) = api_server();
    let cloud = Arc::new(Cloud::new(Ok(Ensured { writes: 0, ..ensured() })));
    let (stop, stopped) = oneshot::channel::<()>();
    let controller = controller(client, cloud.clone());
    let running = tokio::spawn(controller.run(async { drop(stopped.await) }));

    // Each change is announced before it is made, and its success after.
    while cluster.patches < 4 {
        cluster.serve(&mut server, &cloud, &web).await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(
        cloud.asked(),
        [
            "ensure shop/web with api [8080]",
            "ensure shop/web with api [9090]",
            "ensure shop/web"
        ]
    );
}

/// What the API server holds.
struct Cluster {
    services: Vec<k8s::Service>,
    /// What the watch delivers, each in an answer of its own.
    events: Vec<Value>,
    /// Watches for which there is no event.
    unanswered: Vec<Call>,
    patches: usize,
}

impl Cluster {
    async fn serve(&mut self, server: &mut ApiServer, cloud: &Arc<Cloud>, web: &k8s::Service) {
        let call = server.next().await;
        if call.method == Method::PATCH {
            self.patches += 1;
            // In the version that it had: the watch of this cluster does not deliver what is patched.
            answer_status(call, web.clone(), "5");
        } else if !call.target.contains("watch=true") {
            let metadata = json!({"resourceVersion": "10"});
            call.answer(
                &json!({"apiVersion": "v1", "kind": "ServiceList", "metadata": metadata, "items": self.services}),
            );
        } else if self.events.is_empty() {
            self.unanswered.push(call);
        } else {
            let (event, cloud) = (self.events.remove(0), cloud.clone());
            let passes = 2 - self.events.len();
            tokio::spawn(async move {
                while cloud.asked().len() < passes {
                    tokio::task::yield_now().await;
                }
                call.answer(&event);
            });
        }
    }
}

fn controller(client: Client, cloud: Arc<Cloud>) -> Controller<Arc<Cloud>> {
    let parts = Parts {
        client,
        fence: Fence::open(),
        claims: claims(),
        namespace: None,
        concurrency: 4,
        events: Events::overheard().0,
        metrics: Metrics::register(&mut prometheus_client::registry::Registry::default()),
        synced: watch::Sender::new(false),
    };
    let nodes = watch::channel(Some(Arc::new(NodeSet::default()))).1;
    Controller::new(parts, cloud, nodes, &mut ReconcileAll::new())
}

fn other(name: &str, port: u16) -> k8s::Service {
    let metadata = json!({"namespace": "shop", "name": name, "uid": name});
    service(
        json!({"metadata": metadata, "spec": {"type": "NodePort", "loadBalancerClass": null, "ports": [{"port": port}]}}),
    )
}
