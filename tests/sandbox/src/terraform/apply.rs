//! `terraform apply` of `terraform/examples/localstack`, in a copy, so that the checkout stays clean.

use std::path::PathBuf;

use tokio::process::Command;

use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::terraform::infrastructure::Infrastructure;
use crate::tools::Tools;
use crate::{checkout, environment, files, run};

/// Left out of the copy: what Terraform itself puts beside the sources. The lock file too, for it names the checksums of
/// one installation method and the sandbox may use another.
fn is_generated(name: &str) -> bool {
    matches!(name, ".terraform" | ".terraform.lock.hcl") || name.contains(".tfstate")
}

/// Makes the infrastructure behind the AWS endpoint at `endpoint`.
pub async fn apply(
    tools: &Tools,
    cache: &Cache,
    layout: &Layout,
    endpoint: &str,
    progress: &Progress,
) -> Result<Infrastructure> {
    let copy = layout.part("terraform");
    files::copy_tree(&checkout::terraform(), &copy, is_generated)?;
    let directory = copy.join("examples/localstack");
    let terraform = Terraform {
        tools,
        directory,
        log: layout.log("terraform"),
    };
    let init = async {
        // Terraform's provider cache is not safe for two writers at once.
        let _lock = cache.lock("terraform-providers").await?;
        terraform
            .run("terraform init", &["init", "-input=false", "-no-color"])
            .await
    };
    progress.step("terraform init", Some(&terraform.log), init).await?;
    let endpoint = format!("-var=endpoint={endpoint}");
    let arguments = ["apply", "-auto-approve", "-input=false", "-no-color", &endpoint];
    progress
        .step(
            "terraform apply",
            Some(&terraform.log),
            terraform.run("terraform apply", &arguments),
        )
        .await?;
    Infrastructure::from_outputs(&terraform.outputs().await?)
}

struct Terraform<'a> {
    tools: &'a Tools,
    directory: PathBuf,
    log: PathBuf,
}

impl Terraform<'_> {
    async fn run(&self, what: &str, arguments: &[&str]) -> Result<()> {
        run::to_end(what, self.command(arguments), &self.log).await
    }

    async fn outputs(&self) -> Result<String> {
        let started = self.command(&["output", "-json"]).kill_on_drop(true).output().await;
        let output = started.map_err(|source| Error::Start {
            program: self.tools.terraform.display().to_string(),
            source,
        })?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tools.terraform);
        command.args(arguments).current_dir(&self.directory);
        command
            .env("TF_CLI_CONFIG_FILE", &self.tools.terraform_configuration)
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1");
        command.envs(environment::AWS_CREDENTIALS);
        // The user's own settings would lead to another account, workspace or directory.
        for name in [
            "AWS_PROFILE",
            "AWS_SESSION_TOKEN",
            "AWS_ENDPOINT_URL",
            "TF_WORKSPACE",
            "TF_DATA_DIR",
            "TF_CLI_ARGS",
        ] {
            command.env_remove(name);
        }
        command
    }
}
