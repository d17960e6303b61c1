//! What can happen to a call.

use elbow::aws::error::AwsError;
use elbow::fence::Closed;
use tokio::sync::Notify;

/// What happens to one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process dies before the call is sent.
    DieBefore,
    /// The process dies after AWS has done it, before the answer arrives.
    DieAfter,
    /// AWS answers with this code and has done nothing.
    Refuse(&'static str),
    /// The fence lets nothing out any more.
    Close,
    /// AWS has done it, and the answer is lost.
    LoseAnswer,
}

impl Fault {
    /// Does AWS do what the call asks for?
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::DieAfter | Self::LoseAnswer)
    }

    /// Ends the call.
    pub(super) async fn strike(self, action: &'static str, crashed: &Notify) -> Result<(), AwsError> {
        match self {
            Self::DieBefore | Self::DieAfter => {
                crashed.notify_one();
                std::future::pending().await
            }
            Self::Close => Err(AwsError::closed(action, Closed::NotLeader)),
            Self::Refuse(code) => Err(AwsError::new(action, code, "injected")),
            Self::LoseAnswer => Err(AwsError::new(action, elbow::aws::error::TIMEOUT, "injected")),
        }
    }
}
