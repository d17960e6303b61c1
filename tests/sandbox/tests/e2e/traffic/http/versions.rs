//! `appProtocol`: how nodes are spoken to.

use elbow_sandbox::echo::{Kind, Protocol};
use serde_json::json;

use super::service;
use crate::by_hand;
use crate::scenario::with_installed_elbow;
use crate::traffic::visitor::Visitor;
use crate::traffic::workload::Workload;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn pods_are_spoken_to_in_the_protocol_that_app_protocol_names() {
    with_installed_elbow("http-versions", async |scenario| {
        let workload = Workload::http("web").port(Kind::Https, 8443).replicas(2);
        workload.deploy(&scenario.cluster).await;
        let certificate = by_hand::certificate(&scenario.sandbox).await;
        let port = |number: u16, target: u16, protocol: &str| {
            let name = format!("p{number}");
            json!({ "name": name, "port": number, "targetPort": target, "appProtocol": protocol })
        };
        let ports = json!([
            port(443, 8080, "http"),
            port(444, 8443, "https"),
            port(445, 8080, "kubernetes.io/h2c"),
            port(446, 8080, "grpc"),
        ]);
        let hostname = scenario
            .serve(&service(&scenario).ports(ports).aws("ssl-cert", &certificate))
            .await;
        let visitor = Visitor::of(&scenario.sandbox);
        let at = |port: u16| {
            let ask = visitor.request(&format!("https://{hostname}:{port}/echo.Echo/Say"));
            ask.server_name(by_hand::CERTIFIED).http2()
        };

        let spoken = visitor.answer(&at(443)).await;
        assert_eq!((spoken.protocol, spoken.tls), (Protocol::Http1, None));
        let spoken = visitor.answer(&at(444)).await;
        assert_eq!((spoken.protocol, spoken.tls.is_some()), (Protocol::Http1, true));
        let spoken = visitor.answer(&at(445)).await;
        assert_eq!((spoken.protocol, spoken.tls), (Protocol::Http2, None));

        let call = at(446).grpc();
        let spoken = visitor.answer(&call).await;
        assert_eq!((spoken.protocol, spoken.tls), (Protocol::Grpc, None));
        assert_eq!(spoken.path.as_deref(), Some("/echo.Echo/Say"));
        let reply = visitor.some_reply(&call).await;
        assert_eq!(reply.http.unwrap().grpc_status(), Some(0), "the trailers come through");
    })
    .await;
}
