//! Starting etcd, kube-apiserver and kube-controller-manager.

use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;

use crate::control_plane::credentials::Credentials;
use crate::error::{Error, Result};
use crate::kubernetes;
use crate::layout::Layout;
use crate::ports;
use crate::process::{Detached, Record};
use crate::tools::Tools;

/// Seconds when the machine is idle; builds of others may keep it busy.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The API server waits for open watches when it ends; nothing here is worth that wait.
const API_SERVER_GRACE: Duration = Duration::from_secs(1);

/// Issuer of the service account tokens; nobody resolves it.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// Controllers that would work against the sandbox. There is no kubelet that renews node leases, so the node life cycle
/// controller would taint every node and evict its Pods; node addresses and routes are Terraform's; load balancers are
/// elbow's. A name is known by the controller manager's `--help`.
const CONTROLLERS: &str = "*,-node-lifecycle-controller,-node-ipam-controller,-node-route-controller,-service-lb-controller,-cloud-node-lifecycle-controller";

/// Starts the control plane and waits until service accounts come into being, which takes all three parts.
pub async fn start(tools: &Tools, layout: &Layout) -> Result<()> {
    let [client_port, peer_port, api_port] = ports::free()?;
    let credentials = Credentials::create(layout, &format!("https://127.0.0.1:{api_port}"))?;
    let etcd_url = format!("http://127.0.0.1:{client_port}");
    etcd(tools, layout, &etcd_url, &format!("http://127.0.0.1:{peer_port}")).start(layout)?;
    let api_server = api_server(tools, &credentials, &etcd_url, api_port).start(layout)?;
    api_server.ready(READY_WITHIN, async || is_ready(layout).await).await?;
    let controller_manager = controller_manager(tools, &credentials).start(layout)?;
    wait_for_service_accounts(layout, &controller_manager).await
}

/// Whether the API server says that it is ready.
pub async fn is_ready(layout: &Layout) -> bool {
    let Ok(client) = kubernetes::client(&layout.kubeconfig()).await else {
        return false;
    };
    let Ok(request) = http_request("/readyz") else {
        return false;
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), client.request_text(request)).await;
    matches!(answer, Ok(Ok(text)) if text == "ok")
}

fn http_request(path: &str) -> std::result::Result<hyper::http::Request<Vec<u8>>, hyper::http::Error> {
    hyper::http::Request::get(path).body(Vec::new())
}

fn etcd(tools: &Tools, layout: &Layout, client_url: &str, peer_url: &str) -> Detached {
    Detached::new("etcd", tools.control_plane.join("etcd"))
        .flag("data-dir", layout.part("etcd"))
        .flag("listen-client-urls", client_url)
        .flag("advertise-client-urls", client_url)
        .flag("listen-peer-urls", peer_url)
        .flag("initial-advertise-peer-urls", peer_url)
        .flag("initial-cluster", format!("default={peer_url}"))
        .flag("log-level", "warn")
        // The data does not outlive the sandbox: no need to wait for the disk.
        .argument("--unsafe-no-fsync")
}

fn api_server(tools: &Tools, credentials: &Credentials, etcd_url: &str, port: u16) -> Detached {
    Detached::new("kube-apiserver", tools.control_plane.join("kube-apiserver"))
        .grace(API_SERVER_GRACE)
        .flag("etcd-servers", etcd_url)
        .flag("bind-address", "127.0.0.1")
        .flag("secure-port", port.to_string())
        .flag("cert-dir", &credentials.certificates)
        // Endpoints may not be loopback addresses, so the API server keeps none for itself.
        .flag("advertise-address", "127.0.0.1")
        .flag("endpoint-reconciler-type", "none")
        .flag("authorization-mode", "Node,RBAC")
        .flag("token-auth-file", &credentials.tokens)
        .flag("service-account-issuer", ISSUER)
        .flag("service-account-key-file", &credentials.service_account_key)
        .flag("service-account-signing-key-file", &credentials.service_account_key)
        .flag("service-cluster-ip-range", "10.96.0.0/16")
        .flag("allow-privileged", "true")
}

fn controller_manager(tools: &Tools, credentials: &Credentials) -> Detached {
    Detached::new(
        "kube-controller-manager",
        tools.control_plane.join("kube-controller-manager"),
    )
    .flag("kubeconfig", &credentials.controller_manager)
    .flag("controllers", CONTROLLERS)
    .flag("use-service-account-credentials", "true")
    .flag("service-account-private-key-file", &credentials.service_account_key)
    .flag("root-ca-file", credentials.authority())
    .flag("leader-elect", "false")
    .flag("secure-port", "0")
    // Tests make many objects at once; the default of 20 requests a second would make them wait.
    .flag("kube-api-qps", "200")
    .flag("kube-api-burst", "400")
}

async fn wait_for_service_accounts(layout: &Layout, controller_manager: &Record) -> Result<()> {
    let accounts: Api<ServiceAccount> = Api::namespaced(kubernetes::client(&layout.kubeconfig()).await?, "default");
    let mut refusal = None;
    let outcome = controller_manager.ready(READY_WITHIN, async || match accounts.get_opt("default").await {
        Ok(account) => account.is_some(),
        Err(error) => {
            refusal = Some(error);
            true
        }
    });
    outcome.await?;
    refusal.map_or(Ok(()), |error| Err(Error::kubernetes("show a service account")(error)))
}
