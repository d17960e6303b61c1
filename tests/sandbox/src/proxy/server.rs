//! The listening side: connections in, requests to the control API or on to AWS.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::exchange::{Dropped, exchange};
use super::wire::Response;
use super::{Proxy, control};

/// How long to wait after a failed accept: the usual reason is a table of open files that is full.
const PAUSE: Duration = Duration::from_millis(10);

/// Serves connections for ever, each as a task of its own.
pub(super) async fn serve(listener: TcpListener, proxy: Arc<Proxy>) {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                tokio::spawn(serve_connection(connection, Arc::clone(&proxy)));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn serve_connection(connection: TcpStream, proxy: Arc<Proxy>) {
    // Without it small answers wait for the kernel's delayed acknowledgement.
    if connection.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(|request| answer(&proxy, request));
    // An error ends this connection only, and dropping connections is part of the job.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}

async fn answer(proxy: &Proxy, request: Request<Incoming>) -> Result<Response, Dropped> {
    if request.uri().path().starts_with(control::PREFIX) {
        return Ok(control::answer(proxy, request).await);
    }
    exchange(proxy, request).await
}
