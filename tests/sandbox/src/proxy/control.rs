//! The control API under `/_proxy/`. Every call takes `?lane=NAME`; without it, it is about all lanes.
//!
//! | call | answer |
//! |---|---|
//! | `GET /_proxy/counts` | [`Counts`](super::journal::Counts) |
//! | `DELETE /_proxy/counts` | sets the counts back |
//! | `GET /_proxy/log?since=N` | [`Log`](super::journal::Log), from call number N on |
//! | `POST /_proxy/faults` | replaces the list of [`Fault`]s by the body's |
//! | `GET /_proxy/faults` | the list |
//! | `DELETE /_proxy/faults` | forgets the list; without a lane, all lists |
//! | `GET /_proxy/held?wait_ms=N` | the calls on [hold](super::hold), waiting up to N ms for one |
//! | `POST /_proxy/release` | lets them go on (`?hang_up=true`: ends their connections); answers which |

use std::collections::BTreeMap;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::http::{Method, StatusCode};
use hyper::{Request, Uri};
use serde::Serialize;

use super::Proxy;
use super::fault::Fault;
use super::hold::Verdict;
use super::wire::{Response, respond};

/// Where the control API begins.
pub const PREFIX: &str = "/_proxy/";
/// Largest body of a control call, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Longest wait for a held call that one request is granted.
const MAX_WAIT: Duration = Duration::from_mins(5);

/// The parameters of a control call.
#[derive(Debug, Default)]
struct Params(BTreeMap<String, String>);

impl Params {
    fn of(uri: &Uri) -> Self {
        Self(
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        )
    }

    fn lane(&self) -> Option<&str> {
        self.0.get("lane").map(String::as_str)
    }

    /// A number; 0 when absent.
    fn number(&self, name: &str) -> Result<u64, String> {
        let text = self.0.get(name).map_or("0", String::as_str);
        text.parse().map_err(|_| format!("{name}={text:?} is not a number"))
    }
}

/// Answers a control call; mistakes are 400 or 404 with a sentence.
pub(super) async fn answer(proxy: &Proxy, request: Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    let params = Params::of(&parts.uri);
    let outcome = match (&parts.method, parts.uri.path().trim_start_matches(PREFIX)) {
        (&Method::GET, "counts") => json(&proxy.journal.counts(params.lane())),
        (&Method::DELETE, "counts") => json(&proxy.journal.reset_counts(params.lane())),
        (&Method::GET, "log") => params
            .number("since")
            .and_then(|since| json(&proxy.journal.log(params.lane(), since))),
        (&Method::GET, "faults") => json(&proxy.faults.list(params.lane())),
        (&Method::POST, "faults") => set_faults(proxy, &params, body).await,
        (&Method::DELETE, "faults") => json(&proxy.faults.clear(params.lane())),
        (&Method::GET, "held") => held(proxy, &params).await,
        (&Method::POST, "release") => json(&proxy.holds.release(params.lane(), verdict(&params))),
        (method, what) => {
            return plain(
                StatusCode::NOT_FOUND,
                format!("the proxy knows no {method} {PREFIX}{what}"),
            );
        }
    };
    outcome.unwrap_or_else(|mistake| plain(StatusCode::BAD_REQUEST, mistake))
}

async fn set_faults(proxy: &Proxy, params: &Params, body: Incoming) -> Result<Response, String> {
    let body = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    let faults: Vec<Fault> = serde_json::from_slice(&body).map_err(|error| format!("not a list of faults: {error}"))?;
    json(&proxy.faults.set(params.lane().map(str::to_owned), faults))
}

async fn held(proxy: &Proxy, params: &Params) -> Result<Response, String> {
    let patience = Duration::from_millis(params.number("wait_ms")?).min(MAX_WAIT);
    json(&proxy.holds.wait(params.lane(), patience).await)
}

fn verdict(params: &Params) -> Verdict {
    if params.0.get("hang_up").is_some_and(|value| value == "true") {
        Verdict::HangUp
    } else {
        Verdict::Proceed
    }
}

fn json(value: &impl Serialize) -> Result<Response, String> {
    let body = serde_json::to_vec(value).map_err(|error| error.to_string())?;
    Ok(respond(StatusCode::OK, "application/json", body))
}

fn plain(status: StatusCode, message: String) -> Response {
    respond(status, "text/plain", message)
}
