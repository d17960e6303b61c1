//! An edge to AWS of a test's own, which can be closed without other tests losing theirs.

use std::process::Stdio;

use elbow_sandbox::proxy::{Client, Fault, Kind};
use elbow_sandbox::{http, ports};
use tokio::process::{Child, Command};

use crate::scenario::Scenario;
use crate::wait::until;

/// A proxy of the sandbox's kind before its LocalStack; killed when dropped.
pub(super) struct Edge {
    /// What elbow takes for AWS.
    pub(super) url: String,
    listen: String,
    upstream: String,
    client: Client,
    child: Child,
}

impl Edge {
    /// Starts one.
    pub(super) async fn open(scenario: &Scenario) -> Self {
        let [port] = ports::free().unwrap();
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://{listen}");
        let upstream = scenario.sandbox.localstack_url.clone();
        let edge = Self {
            child: spawn(&listen, &upstream),
            client: Client::for_all_lanes(&url),
            url,
            listen,
            upstream,
        };
        edge.wait_open().await;
        edge
    }

    /// From now on connections are refused, and those that stand are cut.
    pub(super) async fn close(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Undoes [`Edge::close`]; no fault is set.
    pub(super) async fn reopen(&mut self) {
        self.child = spawn(&self.listen, &self.upstream);
        self.wait_open().await;
    }

    /// From now on this happens to every call, and to no call what happened before.
    pub(super) async fn set(&self, kind: Kind) {
        self.client.set_faults(&[Fault::new("*", kind)]).await.unwrap();
    }

    /// Ends all faults; calls on hold never reach AWS.
    pub(super) async fn heal(&self) {
        self.client.clear_faults().await.unwrap();
        self.client.hang_up().await.unwrap();
    }

    /// Waits until an action was called with a fault in place.
    pub(super) async fn wait_call(&self, action: &str) {
        until(&format!("{action} under a fault"), async || {
            let log = self.client.log(0).await.map_err(|error| error.to_string())?;
            let mut entries = log.entries.iter();
            match entries.find(|entry| entry.action == action && entry.fault.is_some()) {
                Some(_) => Ok(()),
                None => Err(format!("{} calls", log.entries.len())),
            }
        })
        .await;
    }

    async fn wait_open(&self) {
        let url = format!("{}/_proxy/counts", self.url);
        until("the edge to be open", async || {
            if http::answers(&url).await {
                Ok(())
            } else {
                Err("closed".to_owned())
            }
        })
        .await;
    }
}

fn spawn(listen: &str, upstream: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_elbow-sandbox"))
        .args(["proxy", "--listen", listen, "--upstream", upstream])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
