//! `terraform apply` of `terraform/examples/localstack`, in a copy, so that the checkout stays clean.

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::process::indented_tail;
use crate::progress::Progress;
use crate::terraform::infrastructure::Infrastructure;
use crate::tools::Tools;
use crate::{checkout, environment, files, run};

/// The provider has more than 100 MiB, and the line may be slow.
const INIT_WITHIN: Duration = Duration::from_secs(900);

/// Half a minute when all is well. The provider repeats a call that fails on the server's side nearly for ever.
const APPLY_WITHIN: Duration = Duration::from_secs(300);

/// The region of everything that Terraform makes.
pub const REGION: &str = "us-east-1";

/// The cluster's name, with which its instances are tagged from their beginning.
pub const CLUSTER_NAME: &str = "elbow-sandbox";

/// How many instances it makes, one in each zone.
pub const INSTANCES: usize = 3;

/// Left out of the copy: what Terraform itself puts beside the sources. The lock file too, for it names the checksums of
/// one installation method and the sandbox may use another.
fn is_generated(name: &str) -> bool {
    matches!(name, ".terraform" | ".terraform.lock.hcl") || name.contains(".tfstate")
}

/// The example in its copy, ready to be applied.
#[derive(Debug, Clone)]
pub struct Terraform {
    tools: Tools,
    layout: Layout,
    directory: PathBuf,
    log: PathBuf,
}

impl Terraform {
    /// Copies the example and gets its providers, which may come from a registry.
    pub async fn init(tools: &Tools, cache: &Cache, layout: &Layout, progress: &Progress) -> Result<Self> {
        let copy = layout.part("terraform");
        files::copy_tree(&checkout::terraform(), &copy, is_generated)?;
        let terraform = Self {
            tools: tools.clone(),
            layout: layout.clone(),
            directory: copy.join("examples/localstack"),
            log: layout.log("terraform"),
        };
        let init = async {
            // Terraform's provider cache is not safe for two writers at once.
            let _lock = cache.lock("terraform-providers").await?;
            terraform.run(&["init", "-input=false", "-no-color"], INIT_WITHIN).await
        };
        progress.step("terraform init", Some(&terraform.log), init).await?;
        Ok(terraform)
    }

    /// Makes the infrastructure behind the AWS endpoint at `endpoint`.
    pub async fn apply(&self, endpoint: &str, progress: &Progress) -> Result<Infrastructure> {
        let variables = [
            format!("-var=endpoint={endpoint}"),
            format!("-var=region={REGION}"),
            format!("-var=cluster_name={CLUSTER_NAME}"),
            format!("-var=node_count={INSTANCES}"),
        ];
        let mut apply = vec!["apply", "-auto-approve", "-input=false", "-no-color"];
        apply.extend(variables.iter().map(String::as_str));
        let applied = self.run(&apply, APPLY_WITHIN);
        progress.step("terraform apply", Some(&self.log), applied).await?;
        Infrastructure::from_outputs(&self.outputs().await?)
    }

    async fn run(&self, arguments: &[&str], within: Duration) -> Result<()> {
        let work = run::to_end_on_record("terraform", self.command(arguments), &self.log, &self.layout);
        let ended = tokio::time::timeout(within, work).await;
        ended.unwrap_or_else(|_| {
            Err(Error::NotReady {
                what: "terraform".to_owned(),
                problem: format!(
                    "did not end within {} s; see the log of LocalStack too",
                    within.as_secs()
                ),
                log: self.log.clone(),
                tail: indented_tail(&self.log),
            })
        })
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
