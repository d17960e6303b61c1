//! kubectl, as a user would call it.

use tokio::process::Command;

use super::{Error, Result};
use crate::kubelet::replica;
use crate::run;
use crate::state::Sandbox;

/// kubectl in one namespace of a sandbox.
pub(super) struct Kubectl<'a> {
    sandbox: &'a Sandbox,
    namespace: &'a str,
}

impl<'a> Kubectl<'a> {
    pub(super) fn new(sandbox: &'a Sandbox, namespace: &'a str) -> Self {
        Self { sandbox, namespace }
    }

    /// Shows the command and its output.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<()> {
        println!("$ kubectl --namespace {} {}", self.namespace, arguments.join(" "));
        self.in_view(arguments, self.command(arguments)).await
    }

    /// Shows errors only.
    pub(super) async fn quietly(&self, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(arguments);
        command.stdout(std::process::Stdio::null());
        self.in_view(arguments, command).await
    }

    async fn in_view(&self, arguments: &[&str], command: Command) -> Result<()> {
        if run::in_view(command).await? {
            return Ok(());
        }
        Err(Error::Kubectl {
            arguments: arguments.join(" "),
            logs: replica::directory(&self.sandbox.directory),
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.sandbox.tools.kubectl());
        command
            .env("KUBECONFIG", &self.sandbox.kubeconfig)
            .args(["--namespace", self.namespace])
            .args(arguments);
        command
    }
}
