//! HTTPS: certificates of ACM, and the way to it from port 80.

use elbow_sandbox::client::Failure;
use elbow_sandbox::echo::{Answer, Protocol};
use serde_json::json;

use super::{ports, service};
use crate::by_hand;
use crate::scenario::with_installed_elbow;
use crate::traffic::visitor::{Visitor, address};
use crate::traffic::workload::Workload;
use crate::wait::until;

/// A second name, with a certificate of its own.
const OTHER: &str = "shop.example.com";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn each_name_is_served_over_https_with_its_own_certificate() {
    with_installed_elbow("https", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let first = by_hand::certificate(&scenario.sandbox).await;
        let second = by_hand::certificate_for(&scenario.sandbox, OTHER).await;
        let manifest = service(&scenario)
            .ports(ports(&[("https", 443, 8080)]))
            .aws("ssl-cert", &format!("{first},{second}"));
        let hostname = scenario.serve(&manifest).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let url = format!("https://{hostname}/cart");

        let mut presented = Vec::new();
        for name in [by_hand::CERTIFIED, OTHER] {
            let ask = visitor.request(&url).server_name(name).header("host", name);
            let answer = visitor.answer(&ask).await;
            assert_eq!(answer.host.as_deref(), Some(name));
            assert_eq!(answer.tls, None, "TLS ends at the load balancer");
            assert_eq!(answer.protocol, Protocol::Http1);
            assert_eq!(answer.headers["x-forwarded-for"], address(0).to_string());
            assert_eq!(answer.headers["x-forwarded-proto"], "https");
            assert_eq!(answer.headers["x-forwarded-port"], "443");
            presented.push(visitor.some_reply(&ask).await.certificate);
        }
        assert_ne!(presented[0], presented[1]);
        let unknown = visitor.request(&url).server_name("nobody.example.com");
        until(
            "the name that has no certificate to be refused",
            async || match visitor.reply(&unknown).await {
                Err(Failure::Tls(_)) => Ok(()),
                other => Err(format!("{other:?}")),
            },
        )
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn port_80_leads_to_https_for_as_long_as_the_annotation_says_so() {
    with_installed_elbow("https-redirect", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let certificate = by_hand::certificate(&scenario.sandbox).await;
        let manifest = service(&scenario)
            .ports(ports(&[("http", 80, 8080), ("https", 443, 8080)]))
            .aws("ssl-cert", &certificate)
            .aws("ssl-ports", "https")
            .aws("ssl-redirect", "https");
        let hostname = scenario.serve(&manifest).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let plain = visitor
            .request(&format!("http://{hostname}/cart?item=1"))
            .header("host", by_hand::CERTIFIED);

        let led = visitor.some_reply(&plain).await;
        assert_eq!(led.status(), 301, "{led:?}");
        let location = led.header("location").unwrap();
        assert_eq!(location, format!("https://{}:443/cart?item=1", by_hand::CERTIFIED));

        // The name is nobody's in the sandbox's DNS.
        let secure = visitor.request(location).at((led.address.ip(), 443).into());
        let answer = visitor.answer(&secure).await;
        assert_eq!(answer.path.as_deref(), Some("/cart?item=1"));
        assert_eq!(answer.headers["x-forwarded-proto"], "https");

        let key = "service.beta.kubernetes.io/aws-load-balancer-ssl-redirect";
        let without = json!({ "metadata": { "annotations": { key: null } } });
        scenario.cluster.patch_service("web", without).await;
        let answer: Answer = until("an answer at port 80 itself", async || {
            let reply = visitor.reply(&plain).await.map_err(|failure| failure.to_string())?;
            reply.json().map_err(|_| format!("{reply:?}"))
        })
        .await;
        assert_eq!(answer.headers["x-forwarded-proto"], "http");
    })
    .await;
}
