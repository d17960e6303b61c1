//! kubectl, as a user would call it.

use tokio::process::Command;

use super::{Error, Result};
use crate::checkout;
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
        let mut command = self.command();
        command.args(["--namespace", self.namespace]).args(arguments);
        self.in_view(arguments, command).await
    }

    /// For what is in no namespace; shows errors only.
    pub(super) async fn quietly(&self, arguments: &[&str]) -> Result<()> {
        let mut command = self.command();
        command.args(arguments).stdout(std::process::Stdio::null());
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

    /// Run from the checkout, so that manifests are named as in the documentation.
    fn command(&self) -> Command {
        let mut command = Command::new(self.sandbox.tools.kubectl());
        command
            .env("KUBECONFIG", &self.sandbox.kubeconfig)
            .current_dir(checkout::root());
        command
    }
}
