//! The control API for tests: one method a call.

use std::fmt::Write as _;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::http::{Method, Uri};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::control::PREFIX;
use super::fault::Fault;
use super::hold::Held;
use super::journal::{Counts, Log};

/// Why a control call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The proxy cannot be reached.
    #[error("the AWS proxy at {url} does not answer: is the sandbox up?")]
    Unreachable {
        /// The call's address.
        url: String,
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The proxy refused the call, or answered something else than asked for.
    #[error("the AWS proxy refused {url}: {message}")]
    Refused {
        /// The call's address.
        url: String,
        /// What the proxy said.
        message: String,
    },
    /// No call was held in time.
    #[error("no AWS call of lane {lane:?} was held within {patience:?}")]
    NotHeld {
        /// The lane.
        lane: String,
        /// How long it was waited for.
        patience: Duration,
    },
}

/// A client of the control API, for one lane.
#[derive(Clone, Debug)]
pub struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    url: String,
    lane: Option<String>,
}

impl Client {
    /// A client for the proxy at `url` (`http://host:port`) that speaks about one lane.
    #[must_use]
    pub fn new(url: &str, lane: &str) -> Self {
        Self {
            lane: Some(lane.to_owned()),
            ..Self::for_all_lanes(url)
        }
    }

    /// A client that speaks about all lanes at once.
    #[must_use]
    pub fn for_all_lanes(url: &str) -> Self {
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
            lane: None,
        }
    }

    /// How often what was called since the last reset.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn counts(&self) -> Result<Counts, Error> {
        self.call(Method::GET, "counts", &[], ()).await
    }

    /// Sets the counts back to nothing.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn reset_counts(&self) -> Result<(), Error> {
        self.call(Method::DELETE, "counts", &[], ()).await
    }

    /// The calls from number `since` on, oldest first.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn log(&self, since: u64) -> Result<Log, Error> {
        self.call(Method::GET, "log", &[("since", since)], ()).await
    }

    /// Replaces the faults.
    ///
    /// # Errors
    /// When the proxy does not answer or refuses the list.
    pub async fn set_faults(&self, faults: &[Fault]) -> Result<(), Error> {
        self.call(Method::POST, "faults", &[], faults).await
    }

    /// The faults as they were set.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn faults(&self) -> Result<Vec<Fault>, Error> {
        self.call(Method::GET, "faults", &[], ()).await
    }

    /// Ends all faults; held calls stay held.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn clear_faults(&self) -> Result<(), Error> {
        self.call(Method::DELETE, "faults", &[], ()).await
    }

    /// Waits until at least one call is held; returns all that are.
    ///
    /// # Errors
    /// [`Error::NotHeld`] after `patience`.
    pub async fn wait_held(&self, patience: Duration) -> Result<Vec<Held>, Error> {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let held: Vec<Held> = self.call(Method::GET, "held", &[("wait_ms", millis)], ()).await?;
        if held.is_empty() {
            return Err(Error::NotHeld {
                lane: self.lane.clone().unwrap_or_default(),
                patience,
            });
        }
        Ok(held)
    }

    /// The calls that are held now.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn held(&self) -> Result<Vec<Held>, Error> {
        self.call(Method::GET, "held", &[], ()).await
    }

    /// Lets the held calls go on; returns which they were.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn release(&self) -> Result<Vec<Held>, Error> {
        self.call(Method::POST, "release", &[], ()).await
    }

    /// Ends the connections of the held calls without an answer: those held before AWS never reach it.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub async fn hang_up(&self) -> Result<Vec<Held>, Error> {
        self.call(Method::POST, "release?hang_up=true", &[], ()).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        params: &[(&str, u64)],
        body: impl Serialize,
    ) -> Result<T, Error> {
        let url = self.address(path, params);
        let refused = |message: String| Error::Refused {
            url: url.clone(),
            message,
        };
        let body = serde_json::to_vec(&body).map_err(|error| refused(error.to_string()))?;
        let (ok, answer) = self
            .send(method, &url, body)
            .await
            .map_err(|source| Error::Unreachable {
                url: url.clone(),
                source,
            })?;
        if !ok {
            return Err(refused(String::from_utf8_lossy(&answer).into_owned()));
        }
        serde_json::from_slice(&answer).map_err(|error| refused(error.to_string()))
    }

    fn address(&self, path: &str, params: &[(&str, u64)]) -> String {
        let mut url = format!(
            "{}{PREFIX}{path}{}",
            self.url,
            if path.contains('?') { '&' } else { '?' }
        );
        if let Some(lane) = &self.lane {
            url.push_str(
                &form_urlencoded::Serializer::new(String::new())
                    .append_pair("lane", lane)
                    .finish(),
            );
        }
        for (name, value) in params {
            // Writing to a string cannot fail.
            let _ = write!(url, "&{name}={value}");
        }
        url
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: Vec<u8>,
    ) -> Result<(bool, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let request = Request::builder()
            .method(method)
            .uri(url.parse::<Uri>()?)
            .body(Full::from(body))?;
        let (parts, body) = self.http.request(request).await?.into_parts();
        Ok((parts.status.is_success(), body.collect().await?.to_bytes()))
    }
}
