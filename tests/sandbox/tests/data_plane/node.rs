//! What stands for a node: programs that say who they are and whom they see.

use std::net::{Ipv4Addr, SocketAddr};

use elbow_sandbox::error::Result;
use elbow_sandbox::network::{self, Namespace};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

/// A program in a namespace; it ends when this is dropped.
pub(crate) struct Program(JoinHandle<Result<()>>);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Answers each byte over TCP with a line `NAME CLIENT`, until the other side closes.
pub(crate) async fn tcp(namespace: &Namespace, name: &'static str, port: u16) -> Program {
    start(namespace, async move |ready| {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
        ready.send(()).unwrap();
        loop {
            let (stream, client) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, client, name));
        }
    })
    .await
}

async fn answer(mut stream: TcpStream, client: SocketAddr, name: &str) {
    let line = format!("{name} {}\n", client.ip());
    while stream.read_u8().await.is_ok() {
        if stream.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Answers each datagram with `NAME CLIENT`.
pub(crate) async fn udp(namespace: &Namespace, name: &'static str, port: u16) -> Program {
    start(namespace, async move |ready| {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
        ready.send(()).unwrap();
        let mut buffer = [0; 16];
        loop {
            let (_, client) = socket.recv_from(&mut buffer).await.unwrap();
            let text = format!("{name} {}", client.ip());
            socket.send_to(text.as_bytes(), client).await.unwrap();
        }
    })
    .await
}

async fn start<F>(
    namespace: &Namespace,
    program: impl FnOnce(tokio::sync::oneshot::Sender<()>) -> F + Send + 'static,
) -> Program
where
    F: Future<Output = ()>,
{
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let namespace = namespace.clone();
    let work = async move || {
        program(ready).await;
        Ok(())
    };
    let running = tokio::spawn(async move { network::inside(&namespace, work).await });
    is_ready.await.unwrap();
    Program(running)
}
