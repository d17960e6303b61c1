//! An ingress controller behind a network load balancer: nginx fans out by path and by name to the Services of the cluster.

use std::collections::BTreeSet;

use elbow_sandbox::certificates::Authority;
use elbow_sandbox::client::Ask;
use serde_json::json;

use super::nginx::Nginx;
use super::visitor::{Visitor, address};
use super::workload::Workload;
use crate::manifest::Manifest;
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::until;

/// The host and the path of requests, and the Service that answers them.
const ROUTES: [(&str, &str, &str); 4] = [
    ("foo.bar.com", "/foo/1?a=b", "foo"),
    ("foo.bar.com", "/bar", "bar"),
    ("foo.example.com", "/", "foo"),
    ("bar.example.com", "/foo", "bar"),
];

/// The header by which nginx says which of its Pods it is.
const FRONT: &str = "x-front";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn nginx_behind_one_load_balancer_leads_by_path_and_by_name_to_two_services() {
    with_installed_elbow("fan-out", async |scenario| {
        for name in ["foo", "bar"] {
            Workload::http(name).replicas(2).deploy(&scenario.cluster).await;
            let inner = Manifest::new(name).spec("type", json!("ClusterIP"));
            scenario
                .cluster
                .create_service(&inner.spec("loadBalancerClass", json!(null)))
                .await;
        }
        let front = Front::deploy(&scenario).await;
        for scheme in ["http", "https"] {
            for (host, path, service) in ROUTES {
                let answer = front.visitor.answer(&front.request(scheme, host, path)).await;
                assert!(
                    answer.pod.starts_with(&format!("{service}-")),
                    "{host}{path}: {answer:?}"
                );
                assert_eq!(answer.path.as_deref(), Some(path));
                assert_eq!(answer.host.as_deref(), Some(host));
                assert_eq!(answer.headers["x-forwarded-proto"], scheme);
                let client = &answer.headers["x-forwarded-for"];
                assert_eq!(
                    *client,
                    address(0).to_string(),
                    "nginx sees who connects to the load balancer"
                );
            }
        }
        front.assert_speaks_for_itself().await;
        front.wait_both_pods().await;
    })
    .await;
}

/// nginx as two Pods behind a network load balancer.
struct Front {
    visitor: Visitor,
    hostname: String,
    /// The authority of nginx's certificate.
    authority: std::path::PathBuf,
    certificate: String,
}

impl Front {
    async fn deploy(scenario: &Scenario) -> Self {
        let authority = Authority::create("nginx").unwrap();
        authority.own().save(&scenario.scratch, "nginx").unwrap();
        let hosts: BTreeSet<&str> = ROUTES.iter().map(|(host, ..)| *host).collect();
        let certificate = authority.server(&Vec::from_iter(hosts)).unwrap();
        Nginx::new("front", 8080, &configuration(&scenario.cluster.namespace))
            .replicas(2)
            .certificate(certificate.clone())
            .deploy(&scenario.cluster)
            .await;
        let manifest = scenario
            .service("front")
            .ports(json!([
                { "name": "http", "port": 80, "targetPort": 8080 },
                { "name": "https", "port": 443, "targetPort": 8443 },
            ]))
            .spec("externalTrafficPolicy", json!("Local"))
            .aws("attributes", "load_balancing.cross_zone.enabled=true");
        Self {
            visitor: Visitor::of(&scenario.sandbox),
            hostname: scenario.serve(&manifest).await,
            authority: scenario.scratch.join("nginx.crt"),
            certificate: certificate.certificate,
        }
    }

    /// A request to the load balancer for a site behind it.
    fn request(&self, scheme: &str, host: &str, path: &str) -> Ask {
        let ask = self.visitor.request(&format!("{scheme}://{}{path}", self.hostname));
        ask.trust(&self.authority).server_name(host).header("host", host)
    }

    /// What no Service answers is answered by nginx, which has ended TLS too.
    async fn assert_speaks_for_itself(&self) {
        let lost = self.request("http", "nobody.example.com", "/foo");
        assert_eq!(self.visitor.some_reply(&lost).await.status(), 404);
        let lost = self.request("https", "foo.bar.com", "/else");
        let reply = self.visitor.some_reply(&lost).await;
        assert_eq!(reply.status(), 404);
        let presented = reply.certificate.unwrap();
        let lines = |pem: &str| pem.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&presented), lines(&self.certificate));
    }

    async fn wait_both_pods(&self) {
        let ask = self.request("http", "foo.bar.com", "/foo");
        let mut seen = BTreeSet::new();
        until("answers through both Pods of nginx", async || {
            let reply = self.visitor.reply(&ask).await.map_err(|failure| failure.to_string())?;
            seen.extend(reply.header(FRONT).map(str::to_owned));
            if seen.len() == 2 {
                Ok(())
            } else {
                Err(format!("{seen:?}"))
            }
        })
        .await;
    }
}

fn configuration(namespace: &str) -> String {
    let at = |name: &str| format!("proxy_pass http://{name}.{namespace}.svc.cluster.local;");
    let (to_foo, to_bar) = (at("foo"), at("bar"));
    let listen = "listen 8080; listen 8443 ssl;";
    format!(
        "ssl_certificate /etc/nginx/tls/tls.crt;
        ssl_certificate_key /etc/nginx/tls/tls.key;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        add_header {FRONT} $hostname always;
        server {{ {listen} server_name foo.bar.com;
            location /foo {{ {to_foo} }}
            location /bar {{ {to_bar} }}
            location / {{ return 404; }}
        }}
        server {{ {listen} server_name foo.example.com; location / {{ {to_foo} }} }}
        server {{ {listen} server_name bar.example.com; location / {{ {to_bar} }} }}
        server {{ listen 8080 default_server; listen 8443 ssl default_server; return 404; }}
        "
    )
}
