//! What a running sandbox consists of.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::control_plane::start as control_plane;
use crate::error::{Error, Result};
use crate::files;
use crate::http;
use crate::layout::Layout;
use crate::localstack::start::health_url;
use crate::network::{self, Namespace};
use crate::process::Record;
use crate::terraform::infrastructure::Infrastructure;
use crate::tools::Tools;

/// A sandbox that is up, as `up` recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// The state directory.
    pub directory: PathBuf,
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// The AWS endpoint that elbow uses: the counting and disturbing proxy before LocalStack.
    pub aws_proxy_url: String,
    /// LocalStack itself, for looking at AWS without being counted.
    pub localstack_url: String,
    /// What Terraform made.
    pub infrastructure: Infrastructure,
    /// The programs in use.
    pub tools: Tools,
    /// What there is with real nodes only.
    #[serde(default)]
    pub nodes: Option<Nodes>,
}

/// The parts of a sandbox that it has with real nodes only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nodes {
    /// The outer network namespace, in which everything is.
    pub network: Namespace,
}

impl Sandbox {
    /// The sandbox of a state directory; [`Error::NoSandbox`] when none was brought up there.
    pub fn load(directory: &Path) -> Result<Self> {
        let layout = Layout::new(directory)?;
        let path = layout.state();
        if !path.is_file() {
            return Err(Error::NoSandbox(layout.root().to_owned()));
        }
        serde_json::from_str(&files::read(&path)?).map_err(Error::malformed(path.display().to_string()))
    }

    /// Records the sandbox in its state directory, where [`Sandbox::load`] finds it.
    pub fn save(&self) -> Result<()> {
        let json = serde_json::to_vec_pretty(self).map_err(Error::malformed("the state of the sandbox"))?;
        files::write(&self.layout()?.state(), json)
    }

    /// The state directory and the names of what is in it.
    pub fn layout(&self) -> Result<Layout> {
        Layout::new(&self.directory)
    }

    /// The outer network namespace; [`Error::NoNodes`] in a sandbox that has none.
    pub fn network(&self) -> Result<&Namespace> {
        self.nodes.as_ref().map(|nodes| &nodes.network).ok_or(Error::NoNodes)
    }

    /// A command that runs a program where the sandbox's addresses are reached.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match &self.nodes {
            Some(nodes) => nodes.network.command(&[program]),
            None => Command::new(program),
        }
    }

    /// Does the work where the sandbox's addresses are reached: inside the outer network namespace if it has one.
    pub async fn enter<T: Send + 'static>(&self, work: impl AsyncFnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        network::enter(self.nodes.as_ref().map(|nodes| &nodes.network), work).await
    }

    /// Whether every process is alive and both APIs answer.
    pub async fn is_healthy(&self) -> Result<bool> {
        let layout = self.layout()?;
        let records = Record::all(&layout)?;
        if records.is_empty() || records.iter().any(|record| !record.process().is_alive()) {
            return Ok(false);
        }
        if self.nodes.as_ref().is_some_and(|nodes| !nodes.network.exists()) {
            return Ok(false);
        }
        let localstack = health_url(&self.localstack_url);
        let answers = async move || Ok(control_plane::is_ready(&layout).await && http::answers(&localstack).await);
        self.enter(answers).await
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scratch::Scratch;

    pub(crate) fn sandbox(directory: &Path) -> Sandbox {
        let infrastructure = Infrastructure {
            region: "us-east-1".to_owned(),
            cluster_name: "elbow-sandbox".to_owned(),
            vpc_id: "vpc-1".to_owned(),
            node_security_group_id: "sg-1".to_owned(),
            public_subnet_ids: vec!["subnet-1".to_owned()],
            private_subnet_ids: vec!["subnet-2".to_owned()],
            controller_role_arn: "arn:aws:iam::000000000000:role/elbow".to_owned(),
            instances: Vec::new(),
        };
        let tools = Tools {
            control_plane: PathBuf::from("/cache/control-plane"),
            helm: PathBuf::from("/cache/helm/helm"),
            terraform: PathBuf::from("/usr/bin/terraform"),
            terraform_configuration: directory.join("terraform.rc"),
            localstack_python: PathBuf::from("/cache/localstack/bin/python"),
            of_nodes: None,
        };
        Sandbox {
            directory: directory.to_owned(),
            kubeconfig: directory.join("kubeconfig"),
            aws_proxy_url: "http://127.0.0.1:20001".to_owned(),
            localstack_url: "http://127.0.0.1:20002".to_owned(),
            infrastructure,
            tools,
            nodes: None,
        }
    }

    #[test]
    fn a_saved_sandbox_is_loaded_as_it_was() {
        let scratch = Scratch::new();
        let saved = sandbox(scratch.path());
        saved.save().unwrap();
        assert_eq!(Sandbox::load(scratch.path()).unwrap(), saved);
    }

    #[test]
    fn an_empty_directory_holds_no_sandbox() {
        let scratch = Scratch::new();
        assert!(matches!(Sandbox::load(scratch.path()), Err(Error::NoSandbox(_))));
    }

    #[tokio::test]
    async fn a_sandbox_without_processes_is_not_healthy() {
        let scratch = Scratch::new();
        assert!(!sandbox(scratch.path()).is_healthy().await.unwrap());
    }
}
