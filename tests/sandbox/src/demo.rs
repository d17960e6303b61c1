//! `cargo sandbox demo`: elbow at work, from an empty machine to a load balancer and back, each step announced.

mod hops;
mod kinds;
mod kubectl;
mod picture;
mod requests;
mod snapshot;
mod tree;

use std::path::{Path, PathBuf};
use std::time::Instant;

use k8s_openapi::api::core::v1::Service;
use kube::api::ListParams;
use kube::{Api, Client};

use crate::aws::{self, Aws, ELBV2, Item};
use crate::commands::up;
use crate::control_plane::start::Nodes;
use crate::install::{self, Release};
use crate::progress::in_words;
use crate::proxy;
use crate::state::Sandbox;
use crate::{checkout, interrupt, kubernetes};

use kubectl::Kubectl;
use requests::Requests;
use snapshot::Snapshot;

/// The namespace that the demo makes and removes.
const NAMESPACE: &str = "demo";

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step of the sandbox.
    #[error(transparent)]
    Sandbox(#[from] crate::error::Error),
    /// The AWS proxy.
    #[error(transparent)]
    Proxy(#[from] proxy::client::Error),
    /// A question to AWS.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// kubectl has said why.
    #[error("`kubectl {arguments}` failed; elbow's logs are in {}", logs.display())]
    Kubectl {
        /// What kubectl was to do.
        arguments: String,
        /// The directory of the Pods' logs.
        logs: PathBuf,
    },
    /// A request through a load balancer got no answer.
    #[error(
        "no answer to `cargo sandbox client -- {command}`, which said: {said}\n\
         `elbow inspect` tells where the way is broken; the load balancers' log is {}", logs.display()
    )]
    Unanswered {
        /// What the client ran.
        command: String,
        /// What came of it.
        said: String,
        /// The log of the load balancers.
        logs: PathBuf,
    },
    /// A Service that is none of elbow's was changed.
    #[error("elbow touched a Service that is not its own: {0}")]
    Touched(String),
    /// AWS is not as before.
    #[error("AWS is not as it was before:\n{0}")]
    Changed(String),
}

type Result<T> = std::result::Result<T, Error>;

/// Runs the whole demo in the sandbox of `directory`, which stays up afterwards.
///
/// # Errors
/// The first step that fails, with what to look at.
pub async fn demo(directory: &Path) -> Result<()> {
    let started = Instant::now();
    step("a test cluster: Kubernetes control plane, LocalStack as AWS, three nodes made by Terraform");
    let sandbox = up::up(directory, Nodes::Real).await?;
    step("elbow, built and installed by its Helm chart");
    install::install(directory, &install::Args::default()).await?;
    let own = sandbox.clone();
    // All of it is where the sandbox's addresses are reached; what it starts is too.
    let play = async move || Ok(play(&own).await);
    interrupt::or(sandbox.enter(play)).await??;
    println!(
        "\nthe demo took {}; the sandbox stays up: `cargo sandbox down` ends it",
        in_words(started.elapsed())
    );
    Ok(())
}

async fn play(sandbox: &Sandbox) -> Result<()> {
    Stage::set(sandbox).await?.play().await
}

/// What the steps work with.
struct Stage<'a> {
    sandbox: &'a Sandbox,
    kubectl: Kubectl<'a>,
    client: Client,
    aws: Aws,
    calls: proxy::Client,
    /// None without real nodes.
    requests: Option<Requests<'a>>,
}

impl<'a> Stage<'a> {
    async fn set(sandbox: &'a Sandbox) -> Result<Self> {
        let requests = sandbox.nodes.is_some().then(|| Requests::new(sandbox));
        Ok(Self {
            sandbox,
            requests: requests.transpose()?,
            kubectl: Kubectl::new(sandbox, NAMESPACE),
            client: kubernetes::client(&sandbox.kubeconfig).await?,
            aws: Aws::new(&sandbox.aws_proxy_url, &sandbox.infrastructure.region, NAMESPACE),
            calls: proxy::Client::new(&sandbox.aws_proxy_url, &Release::default().lane),
        })
    }

    async fn play(&self) -> Result<()> {
        self.kubectl
            .quietly(&["delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s"])
            .await?;
        let before = Snapshot::of(&self.aws).await?;
        self.kubectl.quietly(&["create", "namespace", NAMESPACE]).await?;
        self.start_pods().await?;
        step(
            "one Service of type LoadBalancer (the first of its cluster: its calls read and make what all share, too)",
        );
        println!("{}", manifest_text("web.yaml")?);
        self.serve("web.yaml").await?;
        self.ask("a request through it, hop by hop").await?;
        step("every kind of Service side by side (tests/sandbox/demo/kinds.yaml)");
        self.serve("kinds.yaml").await?;
        self.check_untouched().await?;
        self.ask("requests through them, hop by hop").await?;
        step("all deleted");
        self.delete().await?;
        step("AWS, compared with before");
        println!(
            "{}",
            Snapshot::of(&self.aws)
                .await?
                .compared_with(&before)
                .map_err(Error::Changed)?
        );
        Ok(())
    }

    /// The Pods that answer; they are waited for when they are asked.
    async fn start_pods(&self) -> Result<()> {
        if self.requests.is_none() {
            println!("no requests go through the load balancers: this sandbox has no real nodes");
            return Ok(());
        }
        step("two Pods that say who they are and what arrived there (tests/sandbox/demo/pods.yaml)");
        self.kubectl
            .run(&["apply", "--filename", &manifest_path("pods.yaml")])
            .await
    }

    /// Sends requests through each hostname, and shows their way.
    async fn ask(&self, title: &str) -> Result<()> {
        let Some(requests) = &self.requests else {
            return Ok(());
        };
        step(title);
        self.kubectl
            .quietly(&[
                "--namespace",
                NAMESPACE,
                "rollout",
                "status",
                "deployment/web",
                "--timeout=60s",
            ])
            .await?;
        let balancers = self
            .aws
            .list(ELBV2, "DescribeLoadBalancers", &[], "LoadBalancers")
            .await?;
        for service in self.services().await? {
            let is_its = |balancer: &&Item| kinds::hostname(&service) == Some(balancer.get("DNSName"));
            if let Some(balancer) = balancers.iter().find(is_its) {
                requests.ask(&service, balancer.get("LoadBalancerName")).await?;
            }
        }
        Ok(())
    }

    /// Applies a manifest, waits until elbow has served it, and shows what there is now.
    async fn serve(&self, manifest: &str) -> Result<()> {
        self.calls.reset_counts().await?;
        let started = Instant::now();
        self.kubectl
            .run(&["apply", "--filename", &manifest_path(manifest)])
            .await?;
        let services = self.services().await?;
        let served: Vec<String> = services
            .iter()
            .filter(|service| kinds::is_ours(service))
            .map(kinds::argument)
            .collect();
        let mut wait = vec!["wait", "--for=condition=elbow.dev/Programmed", "--timeout=60s"];
        wait.extend(served.iter().map(String::as_str));
        if let Err(error) = self.kubectl.run(&wait).await {
            self.kubectl.run(&["events", "--types=Warning"]).await?;
            return Err(error);
        }
        println!("programmed after {}\n", in_words(started.elapsed()));
        self.kubectl.run(&["get", "service"]).await?;
        println!(
            "\n{}",
            picture::picture(&self.aws, &self.sandbox.infrastructure, &self.services().await?).await?
        );
        self.show_calls().await
    }

    async fn show_calls(&self) -> Result<()> {
        let counts = self.calls.counts().await?;
        println!("AWS calls that elbow made: {}", counts.total);
        for (call, count) in &counts.calls {
            println!("  {count:>4}  {call}");
        }
        Ok(())
    }

    async fn check_untouched(&self) -> Result<()> {
        let services = self.services().await?;
        for service in services.iter().filter(|service| !kinds::is_ours(service)) {
            let marks = kinds::marks(service);
            if !marks.is_empty() {
                return Err(Error::Touched(format!(
                    "{} has {}",
                    kinds::argument(service),
                    marks.join(", ")
                )));
            }
            println!("untouched: {}", kinds::argument(service));
        }
        Ok(())
    }

    async fn delete(&self) -> Result<()> {
        self.calls.reset_counts().await?;
        let started = Instant::now();
        self.kubectl
            .run(&["delete", "service", "--all", "--timeout=60s"])
            .await?;
        println!("gone after {}\n", in_words(started.elapsed()));
        self.kubectl
            .quietly(&["delete", "namespace", NAMESPACE, "--timeout=60s"])
            .await?;
        self.show_calls().await
    }

    async fn services(&self) -> Result<Vec<Service>> {
        let api = Api::<Service>::namespaced(self.client.clone(), NAMESPACE);
        let services = api.list(&ListParams::default()).await;
        Ok(services
            .map_err(crate::error::Error::kubernetes("list services"))?
            .items)
    }
}

fn step(title: &str) {
    println!("\n=== {title}\n");
}

/// Relative to the checkout.
fn manifest_path(name: &str) -> String {
    format!("tests/sandbox/demo/{name}")
}

fn manifest_text(name: &str) -> Result<String> {
    Ok(crate::files::read(&checkout::root().join(manifest_path(name)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_service_that_the_demo_applies() {
        let readme = crate::files::read(&checkout::root().join("README.md")).unwrap();
        let example = format!("```yaml\n{}```", manifest_text("web.yaml").unwrap());
        assert!(
            readme.contains(&example),
            "README.md must show tests/sandbox/demo/web.yaml as it is"
        );
    }
}
