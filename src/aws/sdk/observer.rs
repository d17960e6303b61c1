//! Tells an observer of every call, for metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Error, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::aws::error::{FENCE_CLOSED, TIMEOUT, UNREACHABLE, UNREADABLE};

/// A call that has ended, well or badly. Each page of a paged read is a call; the SDK's retries are attempts of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// AWS' service id: `EC2`, `Elastic Load Balancing v2` or `WAFV2`.
    pub service: &'a str,
    /// The operation, such as `DescribeSubnets`.
    pub operation: &'a str,
    /// HTTP status of the last answer; none if none came.
    pub status: Option<u16>,
    /// AWS' error code, or one of those in [`crate::aws::error`] where no answer came; none on success. AWS defines a
    /// few dozen, so it can be a metric label.
    pub error_code: Option<&'a str>,
    /// From the start of the first attempt to the end of the last.
    pub duration: Duration,
    /// Requests sent, at least 1; 0 if the call never got so far.
    pub attempts: u32,
}

/// Told of every call to AWS; must not block.
pub trait CallObserver: Send + Sync + 'static {
    /// A call has ended.
    fn observed(&self, call: &Call<'_>);
}

/// The interceptor that calls the observer.
pub(super) struct Observing(pub(super) Arc<dyn CallObserver>);

impl std::fmt::Debug for Observing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observing")
    }
}

#[derive(Debug)]
struct Started(Instant);

impl Storable for Started {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Observing {
    fn name(&self) -> &'static str {
        "Observing"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        call.interceptor_state().store_put(Started(Instant::now()));
        Ok(())
    }

    fn read_after_execution(
        &self,
        end: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(operation) = call.load::<Metadata>() else {
            return Ok(());
        };
        let error = end.output_or_error().and_then(Result::err);
        self.0.observed(&Call {
            service: operation.service(),
            operation: operation.name(),
            status: end.response().map(|answer| answer.status().as_u16()),
            error_code: error.map(|error| code(error, end.response())),
            duration: call.load::<Started>().map_or(Duration::ZERO, |start| start.0.elapsed()),
            attempts: call.load::<RequestAttempts>().map_or(0, RequestAttempts::attempts),
        });
        Ok(())
    }
}

fn code<'a>(error: &OrchestratorError<Error>, answer: Option<&'a HttpResponse>) -> &'a str {
    if error.is_operation_error() {
        answer.and_then(code_in).unwrap_or(UNREADABLE)
    } else if error.is_timeout_error() {
        TIMEOUT
    } else if error.is_interceptor_error() {
        FENCE_CLOSED
    } else {
        UNREACHABLE
    }
}

/// The `<Code>` of an error in XML, as ELBv2 and EC2 both send it, or the `__type` of one in JSON, as WAF does. An
/// interceptor sees the parsed error only with its type erased, a different one for each operation.
pub(super) fn code_in(answer: &HttpResponse) -> Option<&str> {
    let body = std::str::from_utf8(answer.body().bytes()?).ok()?;
    if let Some((_, rest)) = body.split_once("<Code>") {
        return Some(rest.split_once("</Code>")?.0);
    }
    let (_, rest) = body.split_once("\"__type\"")?;
    let (_, rest) = rest.split_once('"')?;
    let (kind, _) = rest.split_once('"')?;
    // Some services put a namespace before it: `com.amazonaws.waf#WAFNonexistentItemException`.
    kind.rsplit('#').next()
}
