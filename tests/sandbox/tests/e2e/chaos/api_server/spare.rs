//! A second API server on the sandbox's etcd, so that one can be killed without disturbing other tests.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use elbow_sandbox::process::Record;
use elbow_sandbox::{kubernetes, ports};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use tokio::process::{Child, Command};

use crate::scenario::Scenario;
use crate::wait::until;

const PORT: &str = "--secure-port=";

/// A running API server; killed when dropped.
pub(super) struct ApiServer {
    command: Vec<String>,
    log: PathBuf,
    /// The address of the sandbox's own API server, and of this one.
    urls: [String; 2],
    /// The administrator's way to this one.
    kubeconfig: PathBuf,
    child: Child,
}

impl ApiServer {
    /// Starts one with the program, the flags, the keys and the certificate of the sandbox's, on a port of its own.
    pub(super) async fn start(scenario: &Scenario) -> Self {
        let [port] = ports::free().unwrap();
        let mut command = command_line(scenario);
        let flag = command
            .iter_mut()
            .find(|argument| argument.starts_with(PORT))
            .expect("the sandbox gives its API server a port");
        let url = |port: &str| format!("https://127.0.0.1:{port}");
        let urls = [url(&flag[PORT.len()..]), url(&port.to_string())];
        *flag = format!("{PORT}{port}");
        let log = scenario.scratch.join("api-server.log");
        let mut server = Self {
            child: spawn(&command, &log),
            command,
            log,
            urls,
            kubeconfig: PathBuf::new(),
        };
        server.kubeconfig = server.kubeconfig(&scenario.sandbox.kubeconfig);
        server.wait_ready().await;
        server
    }

    /// Makes a kubeconfig for this server of one for the sandbox's, beside its log.
    pub(super) fn kubeconfig(&self, of: &Path) -> PathBuf {
        let [theirs, ours] = &self.urls;
        let config = std::fs::read_to_string(of).unwrap().replace(theirs, ours);
        let name = of.file_name().expect("a kubeconfig is a file").to_string_lossy();
        let path = self.log.with_file_name(format!("spare-{name}"));
        std::fs::write(&path, config).unwrap();
        path
    }

    /// Sends SIGKILL and waits for the end.
    pub(super) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it again after [`ApiServer::kill`], and waits until it serves.
    pub(super) async fn restart(&mut self) {
        self.child = spawn(&self.command, &self.log);
        self.wait_ready().await;
    }

    async fn wait_ready(&self) {
        until("the spare API server to serve", async || {
            let client = kubernetes::client(&self.kubeconfig)
                .await
                .map_err(|error| error.to_string())?;
            let found = Api::<Namespace>::all(client).get("default").await;
            found.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }
}

/// The command line of the sandbox's own API server.
fn command_line(scenario: &Scenario) -> Vec<String> {
    let records = Record::all(&scenario.sandbox.layout().unwrap()).unwrap();
    let record = records.iter().find(|record| record.name() == "kube-apiserver");
    let pid = record.expect("a sandbox has an API server").process().pid();
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    line.split_terminator('\0').map(str::to_owned).collect()
}

fn spawn(command: &[String], log: &Path) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
