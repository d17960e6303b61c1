//! A sandbox in the making: its parts are started one after the other, side by side where they can be.

use std::time::Duration;

use futures::future::try_join_all;
use tokio::sync::oneshot::{self, Receiver};
use tokio::time::Instant;

use crate::aws::Aws;
use crate::cache::Cache;
use crate::control_plane::start::{self as control_plane, Nodes};
use crate::data_plane::{self, programs::Programs};
use crate::error::{Error, Result};
use crate::image::stock;
use crate::layout::Layout;
use crate::network::{self, Namespace};
use crate::nodes::{self, real};
use crate::process::Detached;
use crate::progress::Progress;
use crate::state::{self, Sandbox};
use crate::terraform::apply::{CLUSTER_NAME, INSTANCES, REGION, Terraform};
use crate::terraform::infrastructure::{Infrastructure, Instance};
use crate::tools::Tools;
use crate::{dns, environment, http, kubernetes, localstack, ports, program};

/// The proxy is small: it listens within milliseconds.
const PROXY_READY_WITHIN: Duration = Duration::from_secs(30);

/// Ten seconds when the machine is idle; Terraform itself gives up before.
const INSTANCES_WITHIN: Duration = Duration::from_secs(300);

/// The time between two looks for instances: LocalStack has Terraform to answer meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// Everything that the parts need to be started.
#[derive(Debug, Clone)]
pub(super) struct Site {
    layout: Layout,
    tools: Tools,
    progress: Progress,
    nodes: Nodes,
    /// The outer network namespace, with real nodes.
    pub(super) network: Option<Namespace>,
}

/// Where AWS is.
struct Endpoints {
    localstack: String,
    proxy: String,
}

impl Site {
    pub(super) fn new(layout: &Layout, tools: Tools, progress: &Progress, nodes: Nodes) -> Self {
        Self {
            layout: layout.clone(),
            tools,
            progress: progress.clone(),
            nodes,
            network: (nodes == Nodes::Real).then(|| Namespace::of_sandbox(layout)),
        }
    }

    /// Starts everything in a network that is there, and writes it down. Only Terraform's providers come from outside.
    pub(super) async fn bring_up(self, cache: &Cache) -> Result<Sandbox> {
        // Terraform takes longest, and needs AWS alone; nodes need the control plane too.
        let (ready, waiting) = oneshot::channel();
        let site = self.clone();
        let control_plane = async {
            let start = network::enter(self.network.as_ref(), async move || site.control_plane().await);
            let control_plane = self.progress.step("starting the control plane", None, start);
            tokio::try_join!(control_plane, self.images(cache))?;
            // Without nodes nobody waits.
            let _ = ready.send(());
            Ok(())
        };
        let ((aws, infrastructure), ()) = tokio::try_join!(self.cloud(cache, waiting), control_plane)?;
        let sandbox = self.sandbox(&aws, infrastructure);
        if sandbox.nodes.is_none() {
            let client = kubernetes::client(&sandbox.kubeconfig).await?;
            nodes::create(client, &sandbox.infrastructure).await?;
        }
        environment::write(&self.layout, &sandbox)?;
        sandbox.save()?;
        Ok(sandbox)
    }

    /// AWS with what Terraform makes there, and the nodes on it once there is a control plane for them.
    async fn cloud(&self, cache: &Cache, control_plane: Receiver<()>) -> Result<(Endpoints, Infrastructure)> {
        let site = self.clone();
        let aws = network::enter(self.network.as_ref(), async move || site.aws().await);
        let terraform = Terraform::init(&self.tools, cache, &self.layout, &self.progress);
        let (aws, terraform) = tokio::try_join!(aws, terraform)?;
        let (localstack, progress) = (aws.localstack.clone(), self.progress.clone());
        let apply = async move || terraform.apply(&localstack, &progress).await;
        let apply = network::enter(self.network.as_ref(), apply);
        let (infrastructure, ()) = tokio::try_join!(apply, self.early_nodes(&aws, control_plane))?;
        Ok((aws, infrastructure))
    }

    fn sandbox(&self, aws: &Endpoints, infrastructure: Infrastructure) -> Sandbox {
        Sandbox {
            directory: self.layout.root().to_owned(),
            kubeconfig: self.layout.kubeconfig(),
            aws_proxy_url: aws.proxy.clone(),
            localstack_url: aws.localstack.clone(),
            infrastructure,
            tools: self.tools.clone(),
            nodes: self.network.clone().map(|network| state::Nodes { network }),
        }
    }

    /// Real nodes boot as soon as Terraform has their instances made: its provider waits ten seconds more before it says so.
    async fn early_nodes(&self, aws: &Endpoints, control_plane: Receiver<()>) -> Result<()> {
        if self.nodes == Nodes::StandIns {
            return Ok(());
        }
        let (site, localstack) = (self.clone(), aws.localstack.clone());
        let instances = async move || {
            site.data_plane(&localstack, REGION).await?;
            instances(&localstack).await
        };
        // Of what Terraform makes, all else is not known yet, and nodes need no more.
        let infrastructure = Infrastructure {
            region: REGION.to_owned(),
            cluster_name: CLUSTER_NAME.to_owned(),
            instances: network::enter(self.network.as_ref(), instances).await?,
            ..Infrastructure::default()
        };
        let sandbox = self.sandbox(aws, infrastructure);
        // Where it fails, so does all that runs beside this.
        control_plane.await.map_err(|_| Error::Interrupted)?;
        self.progress
            .step("making the nodes", None, make_nodes(&sandbox, &self.progress))
            .await
    }

    /// Real nodes find their images when they start.
    async fn images(&self, cache: &Cache) -> Result<()> {
        match self.nodes {
            Nodes::StandIns => Ok(()),
            Nodes::Real => stock::provide(cache, &self.layout, &self.progress).await,
        }
    }

    /// With the name server, where there are real nodes.
    async fn control_plane(&self) -> Result<()> {
        control_plane::start(&self.tools, &self.layout, self.nodes).await?;
        match self.nodes {
            Nodes::StandIns => Ok(()),
            Nodes::Real => dns::start(&self.tools, &self.layout).await,
        }
    }

    async fn aws(&self) -> Result<Endpoints> {
        let [proxy_port, port] = ports::free()?;
        let start = localstack::start::start(&self.tools, &self.layout, self.nodes, port);
        self.progress.step("starting LocalStack", None, start).await?;
        let localstack = localstack::start::url(port);
        let proxy = self.start_proxy(proxy_port, &localstack).await?;
        Ok(Endpoints { localstack, proxy })
    }

    /// What moves bytes through load balancers, with real nodes.
    async fn data_plane(&self, localstack: &str, region: &str) -> Result<()> {
        let Some(tools) = &self.tools.of_nodes else {
            return Ok(());
        };
        let programs = Programs::of(&tools.data_plane)?;
        let start = data_plane::start::start(&programs, &self.layout, localstack, region);
        self.progress
            .step("starting the data plane of load balancers", None, start)
            .await
    }

    /// The proxy is a hidden command of this very program.
    async fn start_proxy(&self, port: u16, upstream: &str) -> Result<String> {
        // With real nodes, Pods reach it at the router.
        let address = self.nodes.address();
        let process = Detached::new("aws-proxy", program::path()?)
            .argument("proxy")
            .flag("listen", format!("{address}:{port}"))
            .flag("upstream", upstream);
        let record = process.start(&self.layout)?;
        let url = format!("http://{address}:{port}");
        let counts = format!("{url}/_proxy/counts");
        record
            .ready(PROXY_READY_WITHIN, async || http::answers(&counts).await)
            .await?;
        Ok(url)
    }
}

/// The instances of the nodes, once all are there.
async fn instances(localstack: &str) -> Result<Vec<Instance>> {
    let aws = Aws::new(localstack, REGION, "nodes");
    let deadline = Instant::now() + INSTANCES_WITHIN;
    loop {
        let found = real::of_cluster(&aws, CLUSTER_NAME).await?;
        if found.len() >= INSTANCES {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            return Err(Error::Deadline {
                what: format!(
                    "{INSTANCES} instances for the nodes, of which there are {}",
                    found.len()
                ),
                after: INSTANCES_WITHIN,
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn make_nodes(sandbox: &Sandbox, progress: &Progress) -> Result<()> {
    network::client::prepare(&sandbox.layout()?)?;
    let make = async |instance: &Instance| {
        let made = real::create(sandbox, instance);
        progress
            .step(&format!("node {}", instance.private_dns), None, made)
            .await
    };
    try_join_all(sandbox.infrastructure.instances.iter().map(make)).await?;
    Ok(())
}
