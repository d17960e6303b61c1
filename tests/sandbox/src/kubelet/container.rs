//! The one container of a Pod: its process, from the Pod's own words.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Container as ContainerSpec, Pod, Secret};
use kube::{Api, Client, ResourceExt};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::environment::{self, Addresses, Source, Sources, Variables};
use super::expansion::expand;
use super::probe::{self, HttpProbe};
use super::{Error, Result};
use crate::error::Error as SandboxError;
use crate::files;

/// What is started, as the Pod says.
#[derive(Debug)]
pub(super) struct Recipe {
    args: Vec<String>,
    variables: Variables,
    /// The probes to ask while it runs.
    pub(super) probes: Vec<HttpProbe>,
}

impl Recipe {
    /// Reads a Pod and what its environment refers to.
    pub(super) async fn of(client: &Client, pod: &Pod, addresses: Addresses) -> Result<Self> {
        let container = only_container(pod)?;
        let sources = fetch_sources(client, &pod.namespace().unwrap_or_default(), container).await?;
        let mut variables = environment::resolve(pod, container, addresses, &sources)?;
        let value_of = |name: &str| variables.get(name).map(String::as_str);
        let args = container
            .args
            .iter()
            .flatten()
            .map(|arg| expand(arg, value_of))
            .collect();
        // A container runtime sets these two.
        variables.entry("HOSTNAME".to_owned()).or_insert_with(|| pod.name_any());
        variables
            .entry("PATH".to_owned())
            .or_insert_with(|| "/usr/local/bin:/usr/bin:/bin".to_owned());
        Ok(Self {
            args,
            variables,
            probes: probe::probes_of(container)?,
        })
    }

    /// Starts the process with nothing of this process's environment; its output is appended to `log`.
    pub(super) fn start(&self, binary: &Path, kubeconfig: &Path, log: &PathBuf) -> Result<Process> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(SandboxError::file("open", log))?;
        let errors = output.try_clone().map_err(SandboxError::file("share", log))?;
        let mut command = Command::new(binary);
        command
            .args(&self.args)
            .env_clear()
            .envs(&self.variables)
            .env("KUBECONFIG", kubeconfig);
        command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true);
        let child = command.spawn().map_err(|source| SandboxError::Start {
            program: binary.display().to_string(),
            source,
        })?;
        Ok(Process { child })
    }
}

/// The one container of a Pod.
pub(super) fn only_container(pod: &Pod) -> Result<&ContainerSpec> {
    let spec = pod.spec.as_ref().ok_or(Error::Containers)?;
    let [container] = spec.containers.as_slice() else {
        return Err(Error::Containers);
    };
    if spec.init_containers.iter().flatten().next().is_some() {
        return Err(Error::Containers);
    }
    if container.command.iter().flatten().next().is_some() {
        return Err(Error::Command);
    }
    Ok(container)
}

async fn fetch_sources(client: &Client, namespace: &str, container: &ContainerSpec) -> Result<Sources> {
    let mut sources = Sources::new();
    for source in environment::sources_of(container) {
        if let Some(data) = fetch(client, namespace, &source).await? {
            sources.insert(source, data);
        }
    }
    Ok(sources)
}

/// The data of a ConfigMap or Secret; none when it does not exist. Values that are no text are left out.
async fn fetch(client: &Client, namespace: &str, source: &Source) -> Result<Option<Variables>> {
    match source {
        Source::ConfigMap(name) => {
            let map = Api::<ConfigMap>::namespaced(client.clone(), namespace)
                .get_opt(name)
                .await;
            let map = map.map_err(SandboxError::kubernetes("get a config map"))?;
            Ok(map.map(|map| map.data.unwrap_or_default()))
        }
        Source::Secret(name) => {
            let secret = Api::<Secret>::namespaced(client.clone(), namespace).get_opt(name).await;
            let secret = secret.map_err(SandboxError::kubernetes("get a secret"))?;
            let texts = |secret: Secret| {
                secret
                    .data
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|(key, value)| Some((key, String::from_utf8(value.0).ok()?)))
            };
            Ok(secret.map(|secret| texts(secret).collect()))
        }
    }
}

/// A running process; killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
}

impl Process {
    /// Its id; none once it has ended.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for its end; 128 + N when signal N ended it. Cancel-safe.
    pub(super) async fn ended(&mut self) -> i32 {
        self.child.wait().await.map_or(-1, exit_code)
    }

    /// Sends SIGTERM, and SIGKILL after `grace`; returns the exit code.
    pub(super) async fn stop(&mut self, grace: Duration) -> i32 {
        let pid = self.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        // An error says that it is gone already.
        let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
        match tokio::time::timeout(grace, self.ended()).await {
            Ok(code) => code,
            Err(_) => {
                let _ = self.child.start_kill();
                self.ended().await
            }
        }
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| signal.saturating_add(128)))
        .unwrap_or(-1)
}

/// Removes the log of an earlier Pod of this name; one that is not there is fine.
pub(super) fn begin_log(log: &Path) -> Result<()> {
    Ok(files::write(log, "")?)
}
