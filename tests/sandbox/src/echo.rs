//! The workload of the traffic tests: it answers each request, line or datagram with an [`Answer`], one line of JSON that says
//! which Pod on which Node answered and what arrived there.
//!
//! Its program is `elbow-sandbox-echo`. It serves as many ports as it is told to, and ends as a well-kept server does: on
//! SIGTERM it says that it is not ready, serves whoever still comes for a while, then finishes what is under way.

mod answer;
mod connection;
mod datagrams;
mod grpc;
mod http;
mod lines;
mod proxy_protocol;
mod server;
mod stream;
mod tls;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

pub use answer::{Answer, Protocol, Proxy, Tls};
pub use proxy_protocol::Mode;
pub use server::{Kind, Server};
pub use stream::Stream;

/// Answers requests, lines and datagrams with what arrived, as JSON.
#[derive(Clone, Debug, Parser)]
#[command(name = "elbow-sandbox-echo", version)]
pub struct Args {
    /// Port for HTTP/1.1, HTTP/2 with prior knowledge and gRPC; may be given several times, as all ports
    #[arg(long, value_name = "PORT")]
    pub http: Vec<u16>,
    /// Port for the same behind TLS
    #[arg(long, value_name = "PORT")]
    pub https: Vec<u16>,
    /// Port for lines over TCP
    #[arg(long, value_name = "PORT")]
    pub tcp: Vec<u16>,
    /// Port for lines behind TLS
    #[arg(long, value_name = "PORT")]
    pub tls: Vec<u16>,
    /// Port for datagrams
    #[arg(long, value_name = "PORT")]
    pub udp: Vec<u16>,
    /// Port for the kubelet's readiness probe: HTTP status 200 or 503, whatever the path
    #[arg(long, value_name = "PORT")]
    pub health: Vec<u16>,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    pub address: IpAddr,
    /// What to make of a PROXY header, version 1 or 2, on all TCP ports but the health port
    #[arg(long, value_enum, value_name = "MODE", default_value_t)]
    pub proxy_protocol: Mode,
    /// How long it says that it is not ready at first, in seconds
    #[arg(long, value_parser = seconds, value_name = "SECONDS", default_value = "0")]
    pub ready_after: Duration,
    /// How long it goes on serving new connections after SIGTERM, in seconds
    #[arg(long, value_parser = seconds, value_name = "SECONDS", default_value = "0")]
    pub drain: Duration,
    /// The Pod that answers are signed with
    #[arg(long, env = "POD_NAME", default_value = "")]
    pub pod: String,
    /// The Node that answers are signed with
    #[arg(long, env = "NODE_NAME", default_value = "")]
    pub node: String,
}

impl Args {
    fn ports(&self) -> impl Iterator<Item = (Kind, u16)> {
        let kinds = [
            (Kind::Http, &self.http),
            (Kind::Https, &self.https),
            (Kind::Tcp, &self.tcp),
            (Kind::Tls, &self.tls),
            (Kind::Udp, &self.udp),
            (Kind::Health, &self.health),
        ];
        kinds
            .into_iter()
            .flat_map(|(kind, ports)| ports.iter().map(move |port| (kind, *port)))
    }
}

/// Serves until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// As [`Server::start`] and [`Server::drain`].
pub async fn run(args: Args) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = Server::start(&args).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.drain().await
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("not a number: {error}"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn each_kind_of_port_may_be_given_several_times() {
        let args = Args::parse_from(["echo", "--http=80", "--http=81", "--udp=53", "--drain=0.5"]);
        let ports: Vec<(Kind, u16)> = args.ports().collect();
        assert_eq!(ports, [(Kind::Http, 80), (Kind::Http, 81), (Kind::Udp, 53)]);
        assert_eq!(args.drain, Duration::from_millis(500));
    }
}
