//! Work inside a network namespace, in a process that is outside.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::thread::{self, JoinHandle};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::oneshot;

use super::Namespace;
use crate::error::{Error, Result};

/// Does the work inside the namespace if there is one, else right here.
pub async fn enter<T: Send + 'static>(
    namespace: Option<&Namespace>,
    work: impl AsyncFnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match namespace {
        Some(namespace) => inside(namespace, work).await,
        None => work().await,
    }
}

/// Does the work on a thread that is inside the namespace, with a runtime of its own: whatever the work connects to, listens
/// on or starts is inside too. Clients that the work makes live as long as the work.
///
/// Dropping the future drops the work, and waits until it is dropped.
pub async fn inside<T: Send + 'static>(
    namespace: &Namespace,
    work: impl AsyncFnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let namespace = namespace.clone();
    let (answer, answered) = oneshot::channel();
    let (go_on, dropped) = oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        // Nobody listens once the future is dropped.
        let _ = answer.send(run(&namespace, work, dropped));
    });
    let _visit = Visit {
        go_on: Some(go_on),
        thread: Some(thread),
    };
    answered.await.unwrap_or(Err(Error::Interrupted))
}

fn run<T>(namespace: &Namespace, work: impl AsyncFnOnce() -> Result<T>, dropped: oneshot::Receiver<()>) -> Result<T> {
    move_to(namespace)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::file("enter", &namespace.path()))?;
    runtime.block_on(async {
        tokio::select! {
            outcome = work() => outcome,
            _ = dropped => Err(Error::Interrupted),
        }
    })
}

/// Moves the calling thread, and with it whatever it starts from now on, into the namespace.
fn move_to(namespace: &Namespace) -> Result<()> {
    let path = namespace.path();
    let file = File::open(&path).map_err(Error::file("open", &path))?;
    let entered = move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network));
    entered.map_err(|error| Error::file("enter", &path)(error.into()))
}

/// A thread inside; on drop its work is dropped too.
struct Visit {
    go_on: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        drop(self.go_on.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has been printed there, and its answer is missing.
            let _ = thread.join();
        }
    }
}
