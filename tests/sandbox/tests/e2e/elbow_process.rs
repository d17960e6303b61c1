//! An elbow of the test's own: the local binary under the chart's ServiceAccount, with a cluster name, a class, a lane
//! at the proxy and a lease of its own, so that it can be counted, disturbed and killed without touching other tests.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use elbow_sandbox::http;
use tokio::process::{Child, Command};

use crate::scenario::Scenario;
use crate::wait::until;

/// How an elbow is started.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Name of this replica.
    pub(crate) replica: String,
    /// The kubeconfig with the identity it runs under.
    pub(crate) kubeconfig: PathBuf,
    /// Its environment, `KUBECONFIG` left out; of a name given twice the later holds.
    pub(crate) environment: Vec<(String, String)>,
    /// More flags.
    pub(crate) flags: Vec<String>,
}

impl Settings {
    /// With another value of one environment variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running elbow; killed when dropped.
pub(crate) struct Elbow {
    child: Child,
    /// Where its log goes.
    pub(crate) log: PathBuf,
    /// Base URL of `/healthz` and `/readyz`.
    pub(crate) health_url: String,
    /// URL of `/metrics`.
    pub(crate) metrics_url: String,
}

impl Elbow {
    /// Starts one; does not wait for anything.
    pub(crate) fn start(scenario: &Scenario, settings: &Settings) -> Self {
        let log = scenario.scratch.join(format!("{}.log", settings.replica));
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let (health, metrics) = (free_port(), free_port());
        let child = Command::new(&scenario.binary)
            .arg("run")
            .args(scenario.flags())
            .arg(format!("--pod-name={}", settings.replica))
            .arg(format!("--health-probe-bind-addr=127.0.0.1:{health}"))
            .arg(format!("--metrics-bind-addr=127.0.0.1:{metrics}"))
            .args(&settings.flags)
            .env_clear()
            .envs(settings.environment.clone())
            .env("KUBECONFIG", &settings.kubeconfig)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let health_url = format!("http://127.0.0.1:{health}");
        let metrics_url = format!("http://127.0.0.1:{metrics}/metrics");
        Self {
            child,
            log,
            health_url,
            metrics_url,
        }
    }

    /// Starts a replica whenever it has ended, as a kubelet does; one that loses its lease ends. Never returns.
    pub(crate) async fn keep(scenario: &Scenario, settings: &Settings) {
        loop {
            let mut replica = Self::start(scenario, settings);
            replica.child.wait().await.unwrap();
            println!("{} ended and is started anew", settings.replica);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal by name, such as `STOP`, `CONT` or `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        let Some(pid) = self.child.id() else { return };
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(pid.to_string())
            .status()
            .await
            .unwrap();
        assert!(status.success(), "kill -{name} {pid}");
    }

    /// It has neither ended by itself nor panicked.
    pub(crate) fn assert_sound(&mut self) {
        let ended = self.child.try_wait().unwrap();
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        assert!(ended.is_none(), "{ended:?}: {}", tail(&log));
        assert!(!log.contains("panicked at"), "{}", tail(&log));
    }

    /// Waits for the end of the process; returns whether it ended with exit code 0.
    pub(crate) async fn wait(&mut self, within: Duration) -> bool {
        tokio::time::timeout(within, self.child.wait())
            .await
            .expect("elbow ends in time")
            .unwrap()
            .success()
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn wait_ready(&self) {
        let url = format!("{}/readyz", self.health_url);
        until("elbow to be ready", async || {
            if http::answers(&url).await {
                Ok(())
            } else {
                Err(tail(&std::fs::read_to_string(&self.log).unwrap_or_default()))
            }
        })
        .await;
    }
}

/// A loopback port that is free at this moment.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().rev().take(20).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
