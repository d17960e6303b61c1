//! The frame of a test: its own namespace and class, and at the end nothing left behind and nothing foreign touched.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use elbow_sandbox::kubernetes;
use elbow_sandbox::nodes::real::{NODE_GROUP, STANDING};
use elbow_sandbox::proxy::Client as Proxy;
use elbow_sandbox::state::Sandbox;
use futures::FutureExt as _;
use tokio::process::Command;

use crate::by_hand;
use crate::cloud::{Cloud, Holdings};
use crate::cluster::Cluster;
use crate::elbow_process::{Elbow, Settings};
use crate::foreign::Foreign;
use crate::identity;
use crate::manifest::Manifest;
use crate::wait::until;

/// The back end takes as many calls as come, so tests need not wait as long as AWS would let them; the registration of
/// targets keeps AWS's own rate.
const RATES: &str = "elbv2-mutating=200:50,elbv2-resource-intensive=200:50,ec2=200:50,waf=200:50";

/// What a test works with.
pub(crate) struct Scenario {
    /// The Kubernetes side.
    pub(crate) cluster: Cluster,
    /// The AWS side.
    pub(crate) cloud: Cloud,
    /// Control of the proxy for the lane of the elbow that serves this test.
    pub(crate) proxy: Proxy,
    /// The sandbox.
    pub(crate) sandbox: Sandbox,
    /// Name of the cluster in AWS tags.
    pub(crate) cluster_name: String,
    /// The class that serves this test's Services.
    pub(crate) class: String,
    /// The class that serves this test's Services by application load balancers.
    pub(crate) alb_class: String,
    /// Access key id of this test's elbow: its lane at the proxy.
    pub(crate) lane: String,
    /// The elbow binary.
    pub(crate) binary: PathBuf,
    /// A directory of this test's own.
    pub(crate) scratch: PathBuf,
    foreign: Foreign,
}

/// What a command has printed.
pub(crate) struct Printed {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// Held for reading by tests that count what elbow asks of AWS, for writing by tests that bring or take nodes: a node is
/// every elbow's business.
pub(crate) static NODES: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// Runs a test against the elbow that Helm installed, two replicas of it, shared by all such tests.
pub(crate) async fn with_installed_elbow(name: &str, test: impl AsyncFnOnce(Arc<Scenario>)) {
    run(name, Serving::Installed, test).await;
}

/// Runs a test that starts elbows of its own: with their own class, cluster name and lane.
pub(crate) async fn with_own_elbow(name: &str, test: impl AsyncFnOnce(Arc<Scenario>)) {
    run(name, Serving::Own, test).await;
}

/// The sandbox that the tests were started for.
pub(crate) fn sandbox() -> Sandbox {
    let directory = std::env::var("ELBOW_SANDBOX_DIR").expect("ELBOW_SANDBOX_DIR is set by `cargo sandbox test`");
    Sandbox::load(directory.as_ref()).unwrap()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Serving {
    Installed,
    Own,
}

async fn run(name: &str, serving: Serving, test: impl AsyncFnOnce(Arc<Scenario>)) {
    let scratch = std::env::temp_dir().join(format!("elbow-{name}-{:08x}", unique()));
    std::fs::create_dir_all(&scratch).unwrap();
    let scenario = Arc::new(Scenario::new(name, serving, scratch.clone()).await);
    let outcome = std::panic::AssertUnwindSafe(test(scenario.clone()))
        .catch_unwind()
        .await;
    if let Err(panic) = outcome {
        scenario.print_logs();
        // Best effort: the first failure is the one to tell.
        let _ = std::panic::AssertUnwindSafe(scenario.clean_up(serving))
            .catch_unwind()
            .await;
        std::panic::resume_unwind(panic);
    }
    scenario.clean_up(serving).await;
    std::fs::remove_dir_all(scratch).unwrap();
}

impl Scenario {
    async fn new(name: &str, serving: Serving, scratch: PathBuf) -> Self {
        kubernetes::install_tls();
        let sandbox = sandbox();
        let client = kubernetes::client(&sandbox.kubeconfig).await.unwrap();
        let namespace = format!("{name}-{:08x}", unique());
        let cluster = Cluster::create(client, namespace.clone()).await;
        let (cluster_name, class, alb_class, lane) = match serving {
            Serving::Installed => (
                sandbox.infrastructure.cluster_name.clone(),
                "elbow.dev/nlb".to_owned(),
                "elbow.dev/alb".to_owned(),
                "elbow-system".to_owned(),
            ),
            Serving::Own => (
                namespace.clone(),
                format!("{namespace}.elbow.dev/nlb"),
                format!("{namespace}.elbow.dev/alb"),
                namespace.clone(),
            ),
        };
        if serving == Serving::Own {
            by_hand::share_subnets(&sandbox, &cluster_name).await;
        }
        let foreign = Foreign::beside(&sandbox, &cluster_name, &namespace).await;
        let proxy = Proxy::new(&sandbox.aws_proxy_url, &lane);
        let cloud = Cloud::connect(&sandbox.infrastructure.region).await;
        let binary = std::env::var("ELBOW_SANDBOX_ELBOW")
            .expect("ELBOW_SANDBOX_ELBOW is set by `cargo sandbox test`")
            .into();
        Self {
            cluster,
            cloud,
            proxy,
            sandbox,
            cluster_name,
            class,
            alb_class,
            lane,
            binary,
            scratch,
            foreign,
        }
    }

    /// A Service of this test's class with one TCP port 80. Where nodes are real, its targets are those that stand as long as
    /// the sandbox: others come and go with other tests, and take their requests with them.
    pub(crate) fn service(&self, name: &str) -> Manifest {
        let manifest = Manifest::new(name).class(&self.class);
        match self.sandbox.nodes {
            Some(_) => manifest.aws("target-node-labels", &format!("{NODE_GROUP}={STANDING}")),
            None => manifest,
        }
    }

    /// `namespace/name`.
    pub(crate) fn owner(&self, name: &str) -> String {
        format!("{}/{name}", self.cluster.namespace)
    }

    /// Where the elbow that serves this test has its Lease.
    pub(crate) fn lease_namespace(&self) -> &str {
        let own = self.class.starts_with(&self.cluster.namespace);
        if own { &self.cluster.namespace } else { &self.lane }
    }

    /// What stands in AWS for a Service.
    pub(crate) async fn holdings(&self, name: &str) -> Holdings {
        self.cloud.of_service(&self.cluster_name, &self.owner(name)).await
    }

    /// Waits until what stands for a Service is as wanted; returns what the look returned.
    pub(crate) async fn wait_holdings<T>(&self, what: &str, name: &str, look: impl FnMut(&Holdings) -> Option<T>) -> T {
        self.cloud.wait(what, &self.cluster_name, &self.owner(name), look).await
    }

    /// Creates a Service and waits until it is programmed; returns its hostname.
    pub(crate) async fn serve(&self, manifest: &Manifest) -> String {
        self.cluster.create_service(manifest).await;
        self.cluster.wait_programmed(manifest.name()).await
    }

    /// How an elbow of this test's own is started: under the chart's role, in the test's lane.
    pub(crate) async fn settings(&self, replica: &str, flags: &[&str]) -> Settings {
        Settings {
            replica: replica.to_owned(),
            kubeconfig: identity::chart(self).await,
            environment: self.environment(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        }
    }

    /// Starts an elbow of this test's own and waits until it is ready.
    pub(crate) async fn elbow(&self, replica: &str, flags: &[&str]) -> Elbow {
        let settings = self.settings(replica, flags).await;
        let elbow = Elbow::start(self, &settings);
        elbow.wait_ready().await;
        elbow
    }

    /// What an elbow on the test's machine prints with these arguments, as the administrator; its calls to AWS go through
    /// `lane`, so that they are told from those of the elbow that serves.
    pub(crate) async fn command(&self, lane: &str, arguments: impl IntoIterator<Item = String>) -> Printed {
        let output = Command::new(&self.binary)
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .env("AWS_ACCESS_KEY_ID", lane)
            .env("KUBECONFIG", &self.sandbox.kubeconfig)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        Printed {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Flags that every elbow of this test has.
    pub(crate) fn flags(&self) -> Vec<String> {
        vec![
            format!("--cluster-name={}", self.cluster_name),
            format!("--aws-vpc-id={}", self.sandbox.infrastructure.vpc_id),
            // Services of other tests are none of its business, so it need not even see them.
            format!("--watch-namespace={}", self.cluster.namespace),
            format!("--load-balancer-class={}", self.class),
            format!("--alb-load-balancer-class={}", self.alb_class),
            format!("--leader-election-namespace={}", self.cluster.namespace),
            // Most of so few nodes are soon gone.
            "--mass-removal-delay=2s".to_owned(),
            // Soon taken over, and not lost when the machine stands still for a few seconds.
            "--leader-election-lease-duration=12s".to_owned(),
            "--leader-election-renew-deadline=6s".to_owned(),
            "--leader-election-retry-period=500ms".to_owned(),
            "--log-format=text".to_owned(),
            "--log-level=elbow=debug".to_owned(),
        ]
    }

    /// Environment of every elbow of this test: where AWS is, and nothing else.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let environment = [
            ("AWS_ENDPOINT_URL", self.sandbox.aws_proxy_url.as_str()),
            ("AWS_REGION", &self.sandbox.infrastructure.region),
            ("AWS_ACCESS_KEY_ID", &self.lane),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("ELBOW_AWS_API_RATES", RATES),
        ];
        environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// Calls of this test's elbow to AWS since the counts were reset, by `service:Action`.
    pub(crate) async fn calls(&self) -> Vec<String> {
        let counts = self.proxy.counts().await.unwrap();
        counts
            .calls
            .into_iter()
            .map(|(action, count)| format!("{action} {count}"))
            .collect()
    }

    async fn clean_up(&self, serving: Serving) {
        self.proxy.clear_faults().await.unwrap();
        self.proxy.hang_up().await.unwrap();
        // The test's own elbows have ended with it; one more takes away what they had no time for.
        let sweeper = match serving {
            Serving::Installed => None,
            Serving::Own => Some(self.elbow("sweeper", &[]).await),
        };
        self.cluster.destroy().await;
        until("nothing of the test to be left in AWS", async || {
            let left = match serving {
                Serving::Installed => {
                    self.cloud
                        .of_namespace(&self.cluster_name, &self.cluster.namespace)
                        .await
                }
                Serving::Own => self.cloud.of_cluster(&self.cluster_name).await,
            };
            if left.is_empty() {
                Ok(())
            } else {
                Err(format!("{left:#?}"))
            }
        })
        .await;
        drop(sweeper);
        if serving == Serving::Own {
            by_hand::unshare_subnets(&self.sandbox, &self.cluster_name).await;
        }
        let differences = self.foreign.remove().await;
        assert!(
            differences.is_empty(),
            "foreign things changed:\n{}",
            differences.join("\n")
        );
    }

    fn print_logs(&self) {
        let Ok(entries) = std::fs::read_dir(&self.scratch) else {
            return;
        };
        for path in entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "log"))
        {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            println!("--- the last lines of {}", path.display());
            for line in &lines[lines.len().saturating_sub(40)..] {
                println!("{line}");
            }
        }
    }
}

/// Differs between tests and runs; names of AWS resources derive from UIDs, so it need not be unguessable.
pub(crate) fn unique() -> u32 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    now.subsec_nanos() ^ std::process::id().rotate_left(16)
}
