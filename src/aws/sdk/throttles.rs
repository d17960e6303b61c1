//! Keeps the SDK from retrying what AWS has throttled.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};

use super::observer::code_in;
use crate::aws::error::ErrorKind;

/// Forbids the SDK's own retries of throttled calls: they would go past the buckets of [`crate::aws::pace`], which has to know
/// of every call and retries in its own time. Faults and broken connections are still the SDK's to retry.
#[derive(Debug)]
pub(super) struct LeaveThrottles;

impl ClassifyRetry for LeaveThrottles {
    fn classify_retry(&self, call: &InterceptorContext) -> RetryAction {
        let code = call.response().and_then(code_in);
        if code.map(ErrorKind::of) == Some(ErrorKind::Throttled) {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "LeaveThrottles"
    }

    /// Behind all of the SDK's own, which would else have the last word.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
