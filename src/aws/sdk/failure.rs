//! Turns the SDK's errors into [`AwsError`].

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::error::{AwsError, NO_CREDENTIALS, TIMEOUT, UNREACHABLE, UNREADABLE};
use crate::fence::Closed;

/// For `map_err`: the failure of `action`, in AWS' own words where AWS answered.
pub(super) fn of<E>(action: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> AwsError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    move |error| match &error {
        SdkError::ServiceError(answer) => answered(action, answer.err(), answer.raw()),
        SdkError::TimeoutError(_) => AwsError::new(action, TIMEOUT, "no answer within the deadline"),
        SdkError::ResponseError(_) => AwsError::new(action, UNREADABLE, cause(&error)),
        _ => unsent(action, &error),
    }
}

/// An answer without a field that AWS' API reference promises.
pub(super) fn incomplete(action: &'static str, field: &str) -> AwsError {
    AwsError::new(action, UNREADABLE, format!("the answer has no {field}"))
}

fn answered(action: &'static str, error: &impl ProvideErrorMetadata, answer: &HttpResponse) -> AwsError {
    let code = error.code().unwrap_or(UNREADABLE);
    match error.message() {
        Some(words) => AwsError::new(action, code, words),
        None => AwsError::new(action, code, format!("HTTP status {}", answer.status())),
    }
}

/// A call that did not get out, or whose answer did not come in.
fn unsent(action: &'static str, error: &(dyn Error + 'static)) -> AwsError {
    if let Some(why) = find::<Closed>(error) {
        return AwsError::closed(action, *why);
    }
    match find::<CredentialsError>(error) {
        Some(missing @ (CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_))) => {
            AwsError::new(
                action,
                NO_CREDENTIALS,
                format!(
                    "no AWS credentials: {}; give the ServiceAccount a role (Pod Identity or IRSA)",
                    cause(missing)
                ),
            )
        }
        _ => AwsError::new(action, UNREACHABLE, cause(error)),
    }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|link| link.downcast_ref())
}

/// The innermost cause: the SDK's outer errors say no more than "dispatch failure".
fn cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().unwrap_or(error).to_string()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| link.source())
}
