//! A sandbox in the making: its parts are started one after the other, side by side where they can be.

use std::time::Duration;

use futures::future::try_join_all;

use crate::cache::Cache;
use crate::control_plane::start::{self as control_plane, Nodes};
use crate::data_plane::{self, programs::Programs};
use crate::error::Result;
use crate::image::stock;
use crate::layout::Layout;
use crate::network::{self, Namespace};
use crate::nodes::{self, real};
use crate::process::Detached;
use crate::progress::Progress;
use crate::state::{self, Sandbox};
use crate::terraform::apply::Terraform;
use crate::tools::Tools;
use crate::{dns, environment, http, kubernetes, localstack, ports, program};

/// The proxy is small: it listens within milliseconds.
const PROXY_READY_WITHIN: Duration = Duration::from_secs(30);

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
        let site = self.clone();
        let servers = network::enter(self.network.as_ref(), async move || site.servers().await);
        let terraform = Terraform::init(&self.tools, cache, &self.layout, &self.progress);
        let (aws, terraform, ()) = tokio::try_join!(servers, terraform, self.images(cache))?;
        let (localstack, progress) = (aws.localstack.clone(), self.progress.clone());
        let apply = async move || terraform.apply(&localstack, &progress).await;
        let infrastructure = network::enter(self.network.as_ref(), apply).await?;
        let (site, localstack, region) = (self.clone(), aws.localstack.clone(), infrastructure.region.clone());
        let serve = async move || site.data_plane(&localstack, &region).await;
        network::enter(self.network.as_ref(), serve).await?;
        let sandbox = Sandbox {
            directory: self.layout.root().to_owned(),
            kubeconfig: self.layout.kubeconfig(),
            aws_proxy_url: aws.proxy,
            localstack_url: aws.localstack,
            infrastructure,
            tools: self.tools,
            nodes: self.network.map(|network| state::Nodes { network }),
        };
        let made = make_nodes(&sandbox, &self.progress);
        self.progress.step("making the nodes", None, made).await?;
        environment::write(&self.layout, &sandbox)?;
        sandbox.save()?;
        Ok(sandbox)
    }

    /// Real nodes find their images when they start.
    async fn images(&self, cache: &Cache) -> Result<()> {
        match self.nodes {
            Nodes::StandIns => Ok(()),
            Nodes::Real => stock::provide(cache, &self.layout, &self.progress).await,
        }
    }

    /// The control plane with the name server, and AWS.
    async fn servers(&self) -> Result<Endpoints> {
        let control_plane = self
            .progress
            .step("starting the control plane", None, self.control_plane());
        let (aws, ()) = tokio::try_join!(self.aws(), control_plane)?;
        Ok(aws)
    }

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

async fn make_nodes(sandbox: &Sandbox, progress: &Progress) -> Result<()> {
    let instances = &sandbox.infrastructure.instances;
    if sandbox.nodes.is_none() {
        let client = kubernetes::client(&sandbox.kubeconfig).await?;
        return nodes::create(client, &sandbox.infrastructure).await;
    }
    network::client::prepare(&sandbox.layout()?)?;
    let make = async |instance| {
        let made = real::create(sandbox, instance);
        progress
            .step(&format!("node {}", instance.private_dns), None, made)
            .await
    };
    try_join_all(instances.iter().map(make)).await?;
    Ok(())
}
