//! Requests as they arrive, and what is answered.

use std::task::{Context, Poll};

use axum::body::Body as Answered;
use elbow::cli::run::READ_TIMEOUT;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::{BoxError, Service};

use super::request::{Asked, Key, Verb};
use super::store::{Answer, Page, Refusal, refuse};
use super::{Fault, Kubernetes, State, watching};

/// A process' way to the API server.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    server: Kubernetes,
    process: String,
}

type Reply = Result<Response<Answered>, BoxError>;

impl Connection {
    pub(super) fn new(server: Kubernetes, process: String) -> Self {
        Self { server, process }
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Answered>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Reply>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    /// What was sent arrives, whether or not anybody waits for the answer.
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (reply, answer) = oneshot::channel();
        let Self { server, process } = self.clone();
        tokio::spawn(async move {
            let asked = Asked::read(request).await;
            let title = format!("{process} {}", asked.title());
            server.line.turn(&title).await;
            if let Some(answer) = server.take(&process, &asked) {
                server.line.turn(&format!("{title} answered")).await;
                // Nobody waits any more where the process has died or given up.
                let _ = reply.send(answer);
            }
        });
        async {
            match answer.await {
                Ok(answer) => answer,
                Err(_) => {
                    // As the real client does.
                    tokio::time::sleep(READ_TIMEOUT).await;
                    Err("no answer".into())
                }
            }
        }
        .boxed()
    }
}

impl Kubernetes {
    /// Does what is asked for, unless something comes between; none where no answer comes.
    fn take(&self, process: &str, asked: &Asked) -> Option<Reply> {
        let mut state = self.state();
        let number = state.log.len();
        let fault = state.faults.remove(&number);
        let answer = match fault {
            _ if Instant::now() < state.down_until => None,
            Some(Fault::Refuse(code)) => Some(refuse(code, reason(code), "injected")),
            Some(fault) if !fault.is_done() => None,
            _ => Some(state.answer(asked)),
        };
        let code = answer
            .as_ref()
            .map_or(0, |answer| answer.as_ref().err().map_or(200, |refusal| refusal.code));
        state.record(process, asked.verb, asked.key.kind);
        drop(state);
        self.line.note(&format!("    {process} {code}"));
        self.news.notify_waiters();
        match fault {
            Some(Fault::DieBefore | Fault::DieAfter) => {
                self.crashed.notify_one();
                None
            }
            Some(Fault::Hang) => None,
            Some(Fault::LoseAnswer) => Some(Err("the connection was reset".into())),
            Some(Fault::Refuse(_)) | None => Some(match answer {
                Some(answer) => Ok(self.response(asked, answer)),
                None => Err("connection refused".into()),
            }),
        }
    }

    fn response(&self, asked: &Asked, answer: Answer) -> Response<Answered> {
        let (code, body) = match &answer {
            Ok(_) if asked.verb == Verb::Watch => (200, Answered::from_stream(watching::watch(self, asked))),
            Ok(object) => (200, Answered::from(object.to_string())),
            Err(refusal) => (refusal.code, Answered::from(status(refusal).to_string())),
        };
        Response::builder().status(code).body(body).expect("a sound response")
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let key = &asked.key;
        match asked.verb {
            Verb::Get => self.store.found(key),
            Verb::List => self.list(asked),
            Verb::Watch => Ok(Value::Null),
            Verb::Create => {
                let name = asked.body["metadata"]["name"].as_str().unwrap_or_default();
                self.store
                    .create(&key.kind.key(&key.namespace, name), asked.body.clone())
            }
            Verb::Replace => self.store.replace(key, asked.body.clone()),
            Verb::Patch => self.store.patch(key, &asked.body),
            Verb::ApplyStatus => self.store.apply_status(key, &asked.body),
        }
    }

    /// A page of a list, all as it was when its first page was read.
    fn list(&mut self, asked: &Asked) -> Answer {
        let Key { kind, namespace, .. } = &asked.key;
        let page = match asked.parameter("continue") {
            None => Page {
                version: self.store.version,
                items: self
                    .store
                    .all(*kind)
                    .filter(|object| is_in(object, namespace))
                    .cloned()
                    .collect(),
            },
            Some(token) => match self.store.pages.remove(token) {
                Some(page) if page.version >= self.store.oldest => page,
                _ => return refuse(410, "Expired", "the provided continue parameter is too old"),
            },
        };
        let Page { version, mut items } = page;
        let limit = asked.number("limit").and_then(|limit| usize::try_from(limit).ok());
        let rest = items.split_off(limit.unwrap_or(items.len()).min(items.len()));
        let mut metadata = json!({"resourceVersion": version.to_string()});
        if let Some(first) = rest.first() {
            let token = format!("{version}.{}", first["metadata"]["uid"].as_str().unwrap_or_default());
            metadata["continue"] = json!(token);
            self.store.pages.insert(token, Page { version, items: rest });
        }
        Ok(json!({
            "apiVersion": kind.api_version(),
            "kind": format!("{}List", kind.name()),
            "metadata": metadata,
            "items": items,
        }))
    }
}

fn is_in(object: &Value, namespace: &str) -> bool {
    namespace.is_empty() || object["metadata"]["namespace"] == namespace
}

/// A refusal as the API server words it.
pub(super) fn status(refusal: &Refusal) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "code": refusal.code,
        "reason": refusal.reason,
        "message": refusal.message,
    })
}

fn reason(code: u16) -> &'static str {
    match code {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Expired",
        429 => "TooManyRequests",
        _ => "InternalError",
    }
}
