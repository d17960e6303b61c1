//! The bed of a test: three nodes, a client and a router in network namespaces, and a data plane on the router.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use elbow_sandbox::cache::Cache;
use elbow_sandbox::data_plane::Model;
use elbow_sandbox::data_plane::programs::Programs;
use elbow_sandbox::data_plane::verdict::{State, Verdict, Verdicts};
use elbow_sandbox::data_plane::{Picture, PodRanges, Settings, nft, serve};
use elbow_sandbox::layout::Layout;
use elbow_sandbox::network::commands::NodePlace;
use elbow_sandbox::network::{self, Namespace};
use elbow_sandbox::progress::Progress;
use elbow_sandbox::{files, wait};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::node::{self, Program};

/// Long enough for a busy machine; waiting ends as soon as what is waited for is there.
const DEADLINE: Duration = Duration::from_secs(30);

/// What is dropped never answers; what is not dropped answers within milliseconds.
pub(crate) const NO_ANSWER: Duration = Duration::from_secs(2);

/// The client's first address.
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Nodes, client and router.
pub(crate) struct Bed {
    outer: Namespace,
    directory: PathBuf,
    programs: Programs,
    models: mpsc::Sender<(Model, PodRanges)>,
    /// The programs of each node on port 30080, over TCP and UDP.
    running: Vec<(&'static str, Program)>,
}

impl Bed {
    /// Three nodes `a`, `b` and `c` whose programs run, and a data plane that serves nothing yet.
    pub(crate) async fn new() -> Self {
        Self::begin(|_, _| {}).await
    }

    /// As [`Bed::new`], with a proxy that never comes up.
    pub(crate) async fn without_proxy() -> Self {
        Self::begin(|programs, directory| {
            let path = directory.join("haproxy");
            files::write(&path, "#!/bin/sh\nexec sleep 600\n").unwrap();
            files::make_executable(&path).unwrap();
            programs.haproxy.path = path;
        })
        .await
    }

    async fn begin(prepare: impl FnOnce(&mut Programs, &Path)) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("elbow-nlb-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(&name);
        files::create_directory(&directory).unwrap();
        let layout = Layout::new(&directory).unwrap();
        let cache = Cache::open().unwrap();
        let unpacked = Programs::unpack(&cache, &layout, &Progress::on_standard_error()).await;
        let mut programs = Programs::of(&unpacked.unwrap()).unwrap();
        prepare(&mut programs, &directory);
        let outer = Namespace::named(&name);
        let (models, arriving) = mpsc::channel(1);
        let mut bed = Self {
            outer,
            directory,
            programs,
            models,
            running: Vec::new(),
        };
        network::create(&bed.outer).await.unwrap();
        for (node, number) in [("a", 1), ("b", 2), ("c", 3)] {
            let address = Ipv4Addr::new(10, 0, 16 * number, 4);
            let place = NodePlace { address, number };
            network::create_node(&bed.outer, &bed.node(node), &place).await.unwrap();
            bed.start(node).await;
        }
        bed.start_data_plane(arriving);
        bed
    }

    fn start_data_plane(&self, models: mpsc::Receiver<(Model, PodRanges)>) {
        let settings = Settings {
            endpoint: String::new(),
            region: String::new(),
            directory: self.directory.clone(),
            programs: self.programs.clone(),
            speed: 100,
        };
        let outer = self.outer.clone();
        let work = async move || {
            serve(settings, models).await.unwrap();
            Ok(())
        };
        tokio::spawn(async move { network::inside(&outer, work).await });
    }

    /// The namespace of a node.
    pub(crate) fn node(&self, name: &str) -> Namespace {
        self.outer.beside(name)
    }

    /// The namespace of the client.
    pub(crate) fn client(&self) -> Namespace {
        self.outer.of_client()
    }

    /// The certificate of the authority that signs for load balancers.
    pub(crate) fn authority(&self) -> PathBuf {
        self.directory.join("ca.crt")
    }

    /// Starts a node's programs.
    pub(crate) async fn start(&mut self, name: &'static str) {
        let namespace = self.node(name);
        self.running.push((name, node::tcp(&namespace, name, 30080).await));
        self.running.push((name, node::udp(&namespace, name, 30080).await));
    }

    /// Ends a node's programs.
    pub(crate) fn stop(&mut self, name: &str) {
        self.running.retain(|(running, _)| *running != name);
    }

    /// Has the data plane serve what a picture's model says.
    pub(crate) async fn serve(&self, picture: &Picture) {
        let model = (picture.model.clone(), picture.pod_ranges.clone());
        self.models.send(model).await.unwrap();
    }

    /// As [`Bed::serve`], and waits until all targets are healthy.
    pub(crate) async fn serve_healthy(&self, picture: &Picture) {
        self.serve(picture).await;
        for node in ["a", "b", "c"] {
            self.until(node, State::Healthy).await;
        }
    }

    /// Waits until the verdict on the target of a node has that state, and returns it.
    pub(crate) async fn until(&self, node: &str, state: State) -> Verdict {
        let what = format!("the target of {node} in the state {state:?}");
        let found = async || self.verdict(node).is_some_and(|verdict| verdict.state == state);
        wait::until(&what, DEADLINE, found).await.unwrap();
        self.verdict(node).unwrap()
    }

    /// The verdict on the target of a node, as LocalStack would read it.
    pub(crate) fn verdict(&self, node: &str) -> Option<Verdict> {
        let text = files::read(&self.directory.join("verdicts.json")).ok()?;
        let verdicts: Verdicts = serde_json::from_str(&text).unwrap();
        verdicts.of("group", &format!("i-{node}:30080")).cloned()
    }

    /// The addresses that the load balancer's name stands for.
    pub(crate) fn named(&self) -> Vec<Ipv4Addr> {
        let text = files::read(&self.directory.join("hosts")).unwrap();
        let addresses = text.lines().filter_map(|line| line.split(' ').next());
        addresses.map(|address| address.parse().unwrap()).collect()
    }

    /// Waits until a condition of the data plane's making holds.
    pub(crate) async fn wait(&self, what: &str, condition: impl AsyncFnMut() -> bool) {
        wait::until(what, DEADLINE, condition).await.unwrap();
    }

    /// What the client is answered on a new connection from one of its addresses to port 80: node and client address; none
    /// when nothing answers.
    pub(crate) async fn ask(&self, from: Ipv4Addr, to: Ipv4Addr) -> Option<(String, String)> {
        let mut connection = self.connect(from, to).await?;
        connection.ask().await
    }

    /// A connection of the client's; none when it is not accepted.
    pub(crate) async fn connect(&self, from: Ipv4Addr, to: Ipv4Addr) -> Option<Connection> {
        let client = self.outer.of_client();
        let stream = network::inside(&client, async move || {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from((from, 0))).unwrap();
            let stream = timeout(NO_ANSWER, socket.connect(SocketAddr::from((to, 80)))).await;
            Ok(stream
                .ok()
                .and_then(Result::ok)
                .map(|stream| stream.into_std().unwrap()))
        });
        let stream = TcpStream::from_std(stream.await.unwrap()?).unwrap();
        Some(Connection(BufReader::new(stream)))
    }

    /// As [`Bed::ask`], by a datagram.
    pub(crate) async fn ask_by_datagram(&self, from: Ipv4Addr, to: Ipv4Addr) -> Option<(String, String)> {
        let client = self.outer.of_client();
        let answer = network::inside(&client, async move || {
            let socket = UdpSocket::bind(SocketAddr::from((from, 0))).await.unwrap();
            socket.send_to(b"?", SocketAddr::from((to, 80))).await.unwrap();
            let mut buffer = [0; 64];
            let received = timeout(NO_ANSWER, socket.recv_from(&mut buffer)).await;
            let length = received.ok().and_then(Result::ok).map(|(length, _)| length);
            Ok(length.map(|length| String::from_utf8_lossy(&buffer[..length]).into_owned()))
        });
        parts(&answer.await.unwrap()?)
    }

    /// How many packets were dropped under that name since the ruleset changed last.
    pub(crate) async fn dropped(&self, name: &str) -> u64 {
        let nft = self.programs.nft.clone();
        let counter = format!("dropped-{name}");
        let output = network::inside(&self.outer, async move || {
            let mut list = nft.command();
            list.args(["list", "counter", "ip", nft::TABLE, &counter]);
            Ok(list.output().await.unwrap())
        });
        let text = String::from_utf8(output.await.unwrap().stdout).unwrap();
        let mut words = text.split_whitespace().skip_while(|word| *word != "packets").skip(1);
        words
            .next()
            .unwrap_or_else(|| panic!("no counter for {name}"))
            .parse()
            .unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        for namespace in self.outer.family().unwrap_or_default() {
            let mut delete = std::process::Command::new("ip");
            // Best effort: a test that failed says so itself.
            let _ = delete.args(["netns", "delete", namespace.name()]).status();
        }
        let _ = files::remove_directory(&self.directory);
    }
}

/// An open connection.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// What is answered now: node and client address; none when the connection is dead.
    pub(crate) async fn ask(&mut self) -> Option<(String, String)> {
        self.0.write_all(b"?").await.ok()?;
        let mut line = String::new();
        timeout(NO_ANSWER, self.0.read_line(&mut line)).await.ok()?.ok()?;
        parts(&line)
    }
}

fn parts(answer: &str) -> Option<(String, String)> {
    let (node, client) = answer.trim().split_once(' ')?;
    Some((node.to_owned(), client.to_owned()))
}
