//! The listeners of the workload, and its way from start to end.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Phase, Shared};
use super::http::{self, Content};
use super::proxy_protocol::{self, Mode};
use super::{Args, datagrams, lines, tls};

/// What a port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// HTTP/1.1, HTTP/2 with prior knowledge, gRPC.
    Http,
    /// The same behind TLS.
    Https,
    /// Lines.
    Tcp,
    /// Lines behind TLS.
    Tls,
    /// Datagrams.
    Udp,
    /// Whether the server is ready, by HTTP and never with a PROXY header.
    Health,
}

/// A running workload; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<(Kind, SocketAddr)>,
    phase: watch::Sender<Phase>,
    listeners: JoinSet<io::Result<()>>,
    drain: Duration,
}

impl Server {
    /// Listens on all ports; port 0 stands for any that is free.
    ///
    /// # Errors
    /// When a port cannot be listened on, or no certificate can be made.
    pub async fn start(args: &Args) -> io::Result<Self> {
        let (phase, watched) = watch::channel(Phase::Starting);
        let shared = Arc::new(Shared {
            pod: args.pod.clone(),
            node: args.node.clone(),
            phase: watched,
        });
        let mut server = Self {
            addresses: Vec::new(),
            phase,
            listeners: JoinSet::new(),
            drain: args.drain,
        };
        for (kind, port) in args.ports() {
            let settings = Settings {
                kind,
                mode: args.proxy_protocol,
                acceptor: acceptor(kind)?,
            };
            server.listen(args.address, port, settings, &shared).await?;
        }
        server.become_ready_after(args.ready_after);
        Ok(server)
    }

    /// Where the first port of that kind is; none where there is none.
    #[must_use]
    pub fn address(&self, kind: Kind) -> Option<SocketAddr> {
        let found = self.addresses.iter().find(|(listens, _)| *listens == kind);
        found.map(|(_, address)| *address)
    }

    /// Says that it is not ready, serves whoever still comes for the time set, then takes nobody any more, finishes what is
    /// under way and ends.
    ///
    /// # Errors
    /// What a listener ended with.
    pub async fn drain(mut self) -> io::Result<()> {
        let _ = self.phase.send_replace(Phase::Draining);
        tokio::time::sleep(self.drain).await;
        let _ = self.phase.send_replace(Phase::Ended);
        while let Some(ended) = self.listeners.join_next().await {
            ended.map_err(io::Error::other)??;
        }
        Ok(())
    }

    async fn listen(&mut self, at: IpAddr, port: u16, settings: Settings, shared: &Arc<Shared>) -> io::Result<()> {
        let shared = shared.clone();
        let kind = settings.kind;
        let address = if kind == Kind::Udp {
            let socket = UdpSocket::bind((at, port)).await?;
            let address = socket.local_addr()?;
            self.listeners.spawn(datagrams::serve(socket, shared));
            address
        } else {
            let listener = TcpListener::bind((at, port)).await?;
            let address = listener.local_addr()?;
            self.listeners.spawn(accept(listener, settings, shared));
            address
        };
        self.addresses.push((kind, address));
        Ok(())
    }

    fn become_ready_after(&self, delay: Duration) {
        let phase = self.phase.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            phase.send_if_modified(|phase| {
                let starting = *phase == Phase::Starting;
                if starting {
                    *phase = Phase::Ready;
                }
                starting
            });
        });
    }
}

/// How the connections of a port are served.
#[derive(Clone)]
struct Settings {
    kind: Kind,
    mode: Mode,
    /// Where the port has TLS.
    acceptor: Option<TlsAcceptor>,
}

fn acceptor(kind: Kind) -> io::Result<Option<TlsAcceptor>> {
    match kind {
        Kind::Https => tls::acceptor(&["h2", "http/1.1"]).map(Some),
        Kind::Tls => tls::acceptor(&[]).map(Some),
        Kind::Http | Kind::Tcp | Kind::Udp | Kind::Health => Ok(None),
    }
}

/// Serves connections until the server ends, then waits for those that are left.
async fn accept(listener: TcpListener, settings: Settings, shared: Arc<Shared>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.ended() => break,
        };
        // An error says that the client has left already.
        if let Ok((stream, _)) = accepted {
            connections.spawn(serve(stream, settings.clone(), shared.clone()));
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn serve(stream: TcpStream, settings: Settings, shared: Arc<Shared>) -> io::Result<()> {
    let mut connection = Connection {
        client: stream.peer_addr()?,
        server: stream.local_addr()?,
        shared: shared.clone(),
        proxy: None,
        tls: None,
    };
    // A proxy's own answers are small: they shall not wait for more.
    stream.set_nodelay(true)?;
    if settings.kind == Kind::Health {
        return http::serve(&connection, Box::new(stream), Content::Readiness).await;
    }
    let received = unless_ended(&shared, proxy_protocol::receive(stream, settings.mode)).await?;
    let (proxy, mut stream) = received;
    connection.proxy = proxy;
    if let Some(acceptor) = &settings.acceptor {
        let (session, inner) = unless_ended(&shared, tls::accept(acceptor, stream)).await?;
        connection.tls = Some(session);
        stream = inner;
    }
    match settings.kind {
        Kind::Http | Kind::Https => http::serve(&connection, stream, Content::Echo).await,
        _ => lines::serve(&connection, stream).await,
    }
}

/// A connection that has said nothing yet does not keep the server from its end.
async fn unless_ended<T>(shared: &Shared, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::select! {
        outcome = work => outcome,
        () = shared.ended() => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}
