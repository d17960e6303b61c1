//! Watches: what has changed since a version, told one by one, for as long as the server likes.

use std::time::Duration;

use futures::Stream;
use futures::stream::unfold;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::request::{Asked, Key};
use super::serve::status;
use super::store::Refusal;
use super::{Kubernetes, State};

/// A server ends a watch after so long where the client does not say when.
const LONGEST: u64 = 300;
/// Time between two bookmarks.
const BOOKMARK: Duration = Duration::from_secs(60);

pub(super) type Told = Result<String, std::io::Error>;

/// A watch under way.
#[derive(Debug)]
struct Watch {
    server: Kubernetes,
    selection: Key,
    /// The last version that was told.
    told: u64,
    cuts: u64,
    end: Instant,
    bookmark: Instant,
}

/// What a watch does next.
enum Next {
    Tell(String),
    /// Until then, if nothing comes before.
    Wait(Instant),
    End,
}

/// What the watch tells that is asked for.
pub(super) fn watch(server: &Kubernetes, asked: &Asked) -> impl Stream<Item = Told> + Send + 'static {
    let seconds = asked.number("timeoutSeconds").unwrap_or(LONGEST);
    let now = Instant::now();
    let watch = Watch {
        server: server.clone(),
        selection: asked.key.clone(),
        told: asked.number("resourceVersion").unwrap_or_default(),
        cuts: server.state().cuts,
        end: now + Duration::from_secs(seconds),
        bookmark: now + BOOKMARK,
    };
    unfold(watch, async |mut watch| {
        let line = watch.next().await?;
        Some((Ok(line), watch))
    })
}

impl Watch {
    async fn next(&mut self) -> Option<String> {
        let news = self.server.news.clone();
        loop {
            let mut news = std::pin::pin!(news.notified());
            news.as_mut().enable();
            match self.look() {
                Next::Tell(line) => return Some(line),
                Next::End => return None,
                Next::Wait(until) => tokio::select! {
                    biased;
                    () = news => {}
                    () = sleep_until(until) => {}
                },
            }
        }
    }

    fn look(&mut self) -> Next {
        let server = self.server.clone();
        let state = server.state();
        let now = Instant::now();
        if state.cuts != self.cuts || now >= self.end {
            return Next::End;
        }
        if self.told < state.store.oldest {
            self.end = now;
            return Next::Tell(event("ERROR", &status(&expired())));
        }
        if let Some(next) = self.change(&state, now) {
            return next;
        }
        if now >= self.bookmark {
            self.bookmark = now + BOOKMARK;
            if state.held.is_none() && state.lag.is_zero() {
                self.told = state.store.version;
            }
            return Next::Tell(event("BOOKMARK", &self.marker()));
        }
        Next::Wait(self.end.min(self.bookmark))
    }

    /// The next change that this watch is about; none if there is none that may be told.
    fn change(&mut self, state: &State, now: Instant) -> Option<Next> {
        let Key { kind, namespace, .. } = &self.selection;
        let mut changes = state.store.changes_since(self.told);
        let change = changes
            .find(|change| change.key.kind == *kind && (namespace.is_empty() || change.key.namespace == *namespace))?;
        if state.held.is_some_and(|held| change.version > held) {
            return None;
        }
        let due = change.at + state.lag;
        if due > now {
            return Some(Next::Wait(due.min(self.end)));
        }
        self.told = change.version;
        Some(Next::Tell(event(change.what, &change.object)))
    }

    fn marker(&self) -> Value {
        let kind = self.selection.kind;
        json!({
            "apiVersion": kind.api_version(),
            "kind": kind.name(),
            "metadata": {"resourceVersion": self.told.to_string()},
        })
    }
}

fn expired() -> Refusal {
    Refusal {
        code: 410,
        reason: "Expired",
        message: "too old resource version".to_owned(),
    }
}

fn event(what: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": what, "object": object}))
}
