//! Errors of AWS, classified by their code.

use crate::fence::Closed;

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {message} ({code})")]
pub struct AwsError {
    /// The IAM action, such as `elasticloadbalancing:CreateLoadBalancer`.
    pub action: &'static str,
    /// AWS' error code; `Timeout`, `Unreachable` or such where no answer came.
    pub code: String,
    /// AWS' own words.
    pub message: String,
    /// What the code means for elbow.
    pub kind: ErrorKind,
}

/// What an error code means for elbow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The resource does not exist: success of a delete, a stale view otherwise.
    NotFound,
    /// It exists already: adopt it if it is ours.
    AlreadyExists,
    /// Something else still uses it: try again soon.
    InUse,
    /// Slow down.
    Throttled,
    /// The identity may not.
    Denied,
    /// A limit of the account.
    Quota,
    /// A target of the call cannot be registered, which fails the whole batch.
    InvalidTarget,
    /// The request itself is refused; our own checks should have caught it.
    Rejected,
    /// The resource is guarded, such as by deletion protection.
    Protected,
    /// A fault that time heals; whether a write was done is unknown.
    Transient,
    /// This replica may not write now.
    Closed(Closed),
}
