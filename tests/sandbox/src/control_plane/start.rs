//! Starting etcd, kube-apiserver, kube-controller-manager and, where there are real nodes, kube-scheduler.

use std::net::Ipv4Addr;
use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;

use crate::control_plane::credentials::Credentials;
use crate::error::{Error, Result};
use crate::kubernetes;
use crate::layout::Layout;
use crate::network::addresses::{ROUTER, SERVICES};
use crate::ports;
use crate::process::{Detached, Record};
use crate::tools::Tools;

/// Seconds when the machine is idle; builds of others may keep it busy.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The API server waits for open watches when it ends; nothing here is worth that wait.
const API_SERVER_GRACE: Duration = Duration::from_secs(1);

/// How long a kubelet may be silent before its node counts as dead; 50 s in production (`--node-monitor-grace-period`). The
/// kubelets renew their leases far more often than by default to match.
pub const SILENCE: Duration = Duration::from_secs(8);

/// Issuer of the service account tokens; nobody resolves it.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// Controllers that would work against the sandbox: addresses and routes of nodes are Terraform's, load balancers are elbow's.
/// A name is known by the controller manager's `--help`.
const CONTROLLERS: &str =
    "*,-node-ipam-controller,-node-route-controller,-service-lb-controller,-cloud-node-lifecycle-controller";

/// Stand-ins of nodes have no kubelet that renews their leases: this controller would taint them all and evict their Pods.
const CONTROLLER_OF_REAL_NODES: &str = "node-lifecycle-controller";

/// Who joins the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nodes {
    /// Stand-ins without kubelets: everything is on the loopback interface.
    StandIns,
    /// Real ones: it listens at the VPC's router, schedules Pods, and soon sees when a node is silent.
    Real,
}

impl Nodes {
    /// Where the API server listens.
    #[must_use]
    pub fn address(self) -> Ipv4Addr {
        match self {
            Self::StandIns => Ipv4Addr::LOCALHOST,
            Self::Real => ROUTER,
        }
    }
}

/// Starts the control plane and waits until service accounts come into being, which takes all its parts.
pub async fn start(tools: &Tools, layout: &Layout, nodes: Nodes) -> Result<()> {
    let [client_port, peer_port, api_port] = ports::free()?;
    let credentials = Credentials::create(layout, nodes.address(), api_port)?;
    let parts = Parts {
        tools,
        layout,
        credentials: &credentials,
        nodes,
    };
    let etcd_url = format!("http://127.0.0.1:{client_port}");
    parts
        .etcd(&etcd_url, &format!("http://127.0.0.1:{peer_port}"))
        .start(layout)?;
    let api_server = parts.api_server(&etcd_url, api_port).start(layout)?;
    api_server.ready(READY_WITHIN, async || is_ready(layout).await).await?;
    let controller_manager = parts.controller_manager().start(layout)?;
    if nodes == Nodes::Real {
        parts.scheduler().start(layout)?;
    }
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

/// The commands of the parts.
struct Parts<'a> {
    tools: &'a Tools,
    layout: &'a Layout,
    credentials: &'a Credentials,
    nodes: Nodes,
}

impl Parts<'_> {
    fn part(&self, name: &str) -> Detached {
        Detached::new(name, self.tools.control_plane.join(name))
    }

    fn etcd(&self, client_url: &str, peer_url: &str) -> Detached {
        self.part("etcd")
            .flag("data-dir", self.layout.part("etcd"))
            .flag("listen-client-urls", client_url)
            .flag("advertise-client-urls", client_url)
            .flag("listen-peer-urls", peer_url)
            .flag("initial-advertise-peer-urls", peer_url)
            .flag("initial-cluster", format!("default={peer_url}"))
            .flag("log-level", "warn")
            // The data does not outlive the sandbox: no need to wait for the disk.
            .argument("--unsafe-no-fsync")
    }

    fn api_server(&self, etcd_url: &str, port: u16) -> Detached {
        let credentials = self.credentials;
        let (certificate, key) = credentials.pair("server");
        let server = self
            .part("kube-apiserver")
            .grace(API_SERVER_GRACE)
            .flag("etcd-servers", etcd_url)
            .flag("bind-address", self.nodes.address().to_string())
            .flag("advertise-address", self.nodes.address().to_string())
            .flag("secure-port", port.to_string())
            .flag("tls-cert-file", certificate)
            .flag("tls-private-key-file", key)
            .flag("client-ca-file", credentials.authority())
            .flag("authorization-mode", "Node,RBAC")
            .flag("token-auth-file", credentials.tokens())
            .flag("service-account-issuer", ISSUER)
            .flag("service-account-key-file", credentials.service_account_key())
            .flag("service-account-signing-key-file", credentials.service_account_key())
            .flag("service-cluster-ip-range", SERVICES)
            .flag("allow-privileged", "true");
        match self.nodes {
            // Endpoints may not be loopback addresses, so the API server keeps none for itself.
            Nodes::StandIns => server.flag("endpoint-reconciler-type", "none"),
            Nodes::Real => self.calling_kubelets(server),
        }
    }

    fn calling_kubelets(&self, server: Detached) -> Detached {
        let (certificate, key) = self.credentials.pair("kubelet-client");
        server
            .flag("kubelet-client-certificate", certificate)
            .flag("kubelet-client-key", key)
            .flag("kubelet-preferred-address-types", "InternalIP")
            .flag("enable-admission-plugins", "NodeRestriction")
    }

    fn controller_manager(&self) -> Detached {
        let credentials = self.credentials;
        let user = "system:kube-controller-manager";
        let manager = self
            .part("kube-controller-manager")
            .flag("kubeconfig", credentials.kubeconfig_of(self.layout, user))
            .flag("use-service-account-credentials", "true")
            .flag("service-account-private-key-file", credentials.service_account_key())
            .flag("root-ca-file", credentials.authority())
            .flag("leader-elect", "false")
            .flag("secure-port", "0")
            // Tests make many objects at once; the default of 20 requests a second would make them wait.
            .flag("kube-api-qps", "200")
            .flag("kube-api-burst", "400");
        match self.nodes {
            Nodes::StandIns => manager.flag("controllers", format!("{CONTROLLERS},-{CONTROLLER_OF_REAL_NODES}")),
            Nodes::Real => manager
                .flag("controllers", CONTROLLERS)
                .flag("node-monitor-period", "1s")
                .flag("node-monitor-grace-period", format!("{}s", SILENCE.as_secs())),
        }
    }

    fn scheduler(&self) -> Detached {
        let kubeconfig = self.credentials.kubeconfig_of(self.layout, "system:kube-scheduler");
        self.part("kube-scheduler")
            .flag("kubeconfig", kubeconfig)
            .flag("leader-elect", "false")
            .flag("secure-port", "0")
    }
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
