//! The bed of a test: HAProxy at an address of its own on the loopback interface, and echo workloads as targets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

use clap::Parser as _;
use elbow_sandbox::cache::Cache;
use elbow_sandbox::client::{Ask, Reply, Station};
use elbow_sandbox::data_plane::Picture;
use elbow_sandbox::data_plane::haproxy::Proxy;
use elbow_sandbox::data_plane::model::{Kind, Listener, Target, TargetGroup};
use elbow_sandbox::data_plane::programs::Programs;
use elbow_sandbox::data_plane::verdict::{State, Verdict};
use elbow_sandbox::echo::{Answer, Args, Kind as EchoKind, Server};
use elbow_sandbox::files;
use elbow_sandbox::layout::Layout;
use elbow_sandbox::progress::Progress;

use crate::made::{self, PORT};

static NEXT: AtomicU8 = AtomicU8::new(1);

/// HAProxy, its load balancer's address, and what AWS would say.
pub(crate) struct Bed {
    pub(crate) at: Ipv4Addr,
    pub(crate) picture: Picture,
    pub(crate) proxy: Proxy,
    directory: PathBuf,
    echoes: Vec<Server>,
}

impl Bed {
    /// HAProxy with nothing to do yet, at an address that no other test uses.
    pub(crate) async fn new() -> Self {
        let [high, low] = u16::try_from(std::process::id() % 25_000).unwrap().to_be_bytes();
        let at = Ipv4Addr::new(127, 128 + high, low, NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(format!("elbow-haproxy-{at}"));
        files::create_directory(&directory).unwrap();
        let layout = Layout::new(&directory).unwrap();
        let cache = Cache::open().unwrap();
        let unpacked = Programs::unpack(&cache, &layout, &Progress::on_standard_error())
            .await
            .unwrap();
        let proxy = Proxy::new(Programs::of(&unpacked).unwrap().haproxy, directory.clone()).unwrap();
        Self {
            at,
            picture: Picture::default(),
            proxy,
            directory,
            echoes: Vec::new(),
        }
    }

    /// Starts an echo workload; its id is the name of its Pod.
    pub(crate) async fn target(&mut self, id: &str, kind: EchoKind, more: &[&str]) -> Target {
        let flag = match kind {
            EchoKind::Http => "--http=0",
            EchoKind::Https => "--https=0",
            EchoKind::Tcp => "--tcp=0",
            EchoKind::Tls => "--tls=0",
            other => panic!("{other:?} is not proxied"),
        };
        let own = ["echo", flag, "--address=127.0.0.1", "--pod", id];
        let args = Args::parse_from(own.iter().chain(more));
        let echo = Server::start(&args).await.unwrap();
        let target = made::target(id, echo.address(kind).unwrap());
        self.echoes.push(echo);
        target
    }

    /// Ends the oldest workload: it takes nobody any more and finishes what is under way.
    pub(crate) async fn drain_oldest(&mut self) {
        self.echoes.remove(0).drain().await.unwrap();
    }

    /// A target group for HTTP with so many targets, healthy: `NAME-0`, `NAME-1`...
    pub(crate) async fn group(&mut self, name: &str, targets: usize) -> TargetGroup {
        let mut registered = Vec::new();
        for number in 0..targets {
            registered.push(
                self.target(&format!("{name}-{number}"), EchoKind::Http, &["--drain=0.5"])
                    .await,
            );
        }
        made::group(name, elbow_sandbox::data_plane::model::TargetProtocol::Http, registered)
    }

    /// Has an application load balancer serve the listeners and groups, all targets healthy.
    pub(crate) async fn application(&mut self, listeners: Vec<Listener>, groups: Vec<TargetGroup>) {
        self.serve(Kind::Application, listeners, groups).await;
    }

    /// The same with a load balancer of that kind.
    pub(crate) async fn serve(&mut self, kind: Kind, listeners: Vec<Listener>, groups: Vec<TargetGroup>) {
        for group in &groups {
            for target in &group.targets {
                self.picture.verdicts.set(&group.arn, &target.key(), Verdict::healthy());
            }
        }
        let arns = listeners.iter().flat_map(|listener| &listener.certificates);
        let named = arns.map(|arn| (arn.clone(), vec![arn.trim_start_matches("arn:").to_owned()]));
        self.picture.model.certificates = named.collect();
        self.picture.model.load_balancers = vec![made::balancer(kind, self.at, listeners)];
        self.picture.model.target_groups = groups.into_iter().map(|group| (group.arn.clone(), group)).collect();
        self.picture.addresses.assign(&self.picture.model);
        self.apply().await;
    }

    /// Brings the picture into force.
    pub(crate) async fn apply(&mut self) {
        self.proxy.apply(&self.picture).await.unwrap();
    }

    /// Changes what the load balancer is, and brings it into force.
    pub(crate) async fn balancer(&mut self, attributes: &[(&str, &str)]) {
        self.picture.model.load_balancers[0].attributes = attributes.iter().copied().collect();
        self.apply().await;
    }

    /// Sets the verdict on a target, not in force yet.
    pub(crate) fn judge(&mut self, group: &str, id: &str, state: State) {
        let targets = &self.picture.model.target_groups[group].targets;
        let key = targets.iter().find(|target| target.id == id).unwrap().key();
        self.picture.verdicts.set(group, &key, Verdict::new(state, "", ""));
    }

    /// A request to the load balancer, by the host `shop.example` unless the URL says otherwise.
    pub(crate) fn ask(&self, path: &str) -> Ask {
        self.ask_port("http", PORT, path)
    }

    /// The same to another port.
    pub(crate) fn ask_port(&self, scheme: &str, port: u16, path: &str) -> Ask {
        let ask = Ask::new(&format!("{scheme}://shop.example:{port}{path}")).unwrap();
        ask.at(SocketAddr::new(IpAddr::V4(self.at), port))
            .trust(self.directory.join("ca.crt"))
    }

    /// The client as a process of its own.
    pub(crate) fn station(&self) -> Station {
        Station::here(env!("CARGO_BIN_EXE_elbow-sandbox"))
    }

    /// The Pods that answer so many requests, in order.
    pub(crate) async fn pods(&self, ask: &Ask, count: usize) -> Vec<String> {
        let mut pods = Vec::new();
        for _ in 0..count {
            pods.push(answer(ask).await.pod);
        }
        pods
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The reply to a request that must have one.
pub(crate) async fn reply(ask: &Ask) -> Reply {
    ask.send().await.unwrap()
}

/// What arrived at the target that answered.
pub(crate) async fn answer(ask: &Ask) -> Answer {
    let reply = reply(ask).await;
    reply.json().unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}
