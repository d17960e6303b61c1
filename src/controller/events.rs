//! Events on Services, with the reasons of Kubernetes' own service controller, which people and tools look for.

use k8s_openapi::api::core::v1::{ObjectReference, Service};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::call;
use super::error::ReconcileError;
use crate::fence::Fence;
use crate::provider::{Ensured, Warning};
use crate::telemetry::logs::chain;

/// The API server accepts no longer note, in bytes (events.k8s.io/v1, `note`).
const NOTE_LIMIT: usize = 1024;
/// Events that wait to be written; beyond that they are dropped, for a Service is worth more than its event.
const QUEUE: usize = 1024;

/// What there is to say about a Service.
#[derive(Clone, Copy, Debug)]
pub enum Story<'a> {
    /// A load balancer is about to be made.
    Ensuring,
    /// It stands for the first time, or again after a failure.
    Ensured(&'a Ensured),
    /// It stood, and was changed.
    Updated(&'a Ensured),
    /// It stands, but.
    Warning(&'a Warning),
    /// It is about to be taken away.
    Deleting,
    /// It is gone.
    Deleted,
    /// Something went wrong.
    Failed(&'a ReconcileError),
    /// Something went wrong though the Service itself has not changed: other nodes, or drift.
    UpdateFailed(&'a ReconcileError),
}

/// Where events go. Sending never waits.
#[derive(Clone, Debug)]
pub struct Events {
    queue: mpsc::Sender<(Event, ObjectReference)>,
}

impl Events {
    /// The sender, and the task that writes what is sent. It ends when all senders are gone.
    pub fn start(client: Client, fence: Fence, instance: String) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, mut events) = mpsc::channel(QUEUE);
        let reporter = Reporter {
            controller: super::FIELD_MANAGER.to_owned(),
            instance: Some(instance),
        };
        let recorder = Recorder::new(client, reporter);
        let writer = async move {
            while let Some((event, regarding)) = events.recv().await {
                let written = call::write(&fence, "write an event", recorder.publish(&event, &regarding)).await;
                if let Err(error) = written {
                    tracing::debug!(error = chain(&error), "an event was lost");
                }
            }
        };
        (Self { queue }, writer)
    }

    /// A sender whose events the test receives.
    #[cfg(test)]
    pub(crate) fn overheard() -> (Self, mpsc::Receiver<(Event, ObjectReference)>) {
        let (queue, events) = mpsc::channel(QUEUE);
        (Self { queue }, events)
    }

    /// Says something about `service`.
    pub fn tell(&self, service: &Service, story: Story<'_>) {
        let regarding = service.object_ref(&());
        if self.queue.try_send((event(story), regarding)).is_err() {
            tracing::debug!("an event was lost: too many wait");
        }
    }
}

fn event(story: Story<'_>) -> Event {
    let (type_, reason, cause, note) = match story {
        Story::Ensuring => normal("EnsuringLoadBalancer", "making the load balancer".to_owned()),
        Story::Ensured(ensured) => normal(
            "EnsuredLoadBalancer",
            format!("{}: {}", ensured.hostname, ensured.summary),
        ),
        Story::Updated(ensured) => normal(
            "UpdatedLoadBalancer",
            format!("{}: {}", ensured.hostname, ensured.summary),
        ),
        Story::Deleting => normal("DeletingLoadBalancer", "deleting the load balancer".to_owned()),
        Story::Deleted => normal(
            "DeletedLoadBalancer",
            "the load balancer and all that belongs to it is gone".to_owned(),
        ),
        Story::Warning(warning) => (
            EventType::Warning,
            warning.reason,
            warning.reason,
            warning.message.clone(),
        ),
        Story::Failed(error) => failure("SyncLoadBalancerFailed", error),
        Story::UpdateFailed(error) => failure("UpdateLoadBalancerFailed", error),
    };
    let note = truncated(note, NOTE_LIMIT);
    Event {
        type_,
        reason: reason.to_owned(),
        action: action(cause, &note),
        note: Some(note),
        secondary: None,
    }
}

fn normal(reason: &'static str, note: String) -> Parts {
    (EventType::Normal, reason, reason, note)
}

type Parts = (EventType, &'static str, &'static str, String);

fn failure(reason: &'static str, error: &ReconcileError) -> Parts {
    let reason = if matches!(error, ReconcileError::Delete(_)) {
        "DeleteLoadBalancerFailed"
    } else {
        reason
    };
    (EventType::Warning, reason, error.reason(), failure_note(error))
}

/// The precise cause first: it is what the condition says too.
fn failure_note(error: &ReconcileError) -> String {
    match error {
        ReconcileError::Ensure(cause) | ReconcileError::Delete(cause) => format!("{}: {cause}", cause.reason()),
        ReconcileError::Kubernetes(_) | ReconcileError::Closed(_) => error.to_string(),
    }
}

/// kube's `Recorder` takes events of equal type, reason and action for repetitions and shows the first one's note again.
/// A fingerprint of the note in the action, which nobody is shown, keeps different news apart.
fn action(cause: &str, note: &str) -> String {
    let fingerprint = Sha256::digest(note.as_bytes());
    format!(
        "{cause}-{:02x}{:02x}{:02x}{:02x}",
        fingerprint[0], fingerprint[1], fingerprint[2], fingerprint[3]
    )
}

fn truncated(mut note: String, limit: usize) -> String {
    const ELLIPSIS: &str = "...";
    if note.len() > limit {
        note.truncate(note.floor_char_boundary(limit - ELLIPSIS.len()));
        note.push_str(ELLIPSIS);
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ProviderError;

    #[test]
    fn a_failure_has_the_service_controllers_reason_and_the_cause_in_its_note() {
        let (ensure, delete) = (
            ReconcileError::Ensure(invalid("x")),
            ReconcileError::Delete(invalid("x")),
        );
        let expected = [
            (Story::Failed(&ensure), "SyncLoadBalancerFailed"),
            (Story::UpdateFailed(&ensure), "UpdateLoadBalancerFailed"),
            (Story::Failed(&delete), "DeleteLoadBalancerFailed"),
        ];
        for (story, reason) in expected {
            let event = event(story);
            assert_eq!(
                (event.reason.as_str(), event.note.as_deref()),
                (reason, Some("InvalidAnnotation: x"))
            );
            assert!(event.type_ == EventType::Warning);
        }
    }

    #[test]
    fn two_causes_are_never_taken_for_one() {
        let of = |message: &str| event(Story::Failed(&ReconcileError::Ensure(invalid(message)))).action;
        assert_ne!(of("key a is wrong"), of("key b is wrong"));
        assert_eq!(of("key a is wrong"), of("key a is wrong"));
        assert!(of("x").len() <= 128);
    }

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = truncated("ä".repeat(600), NOTE_LIMIT);
        assert!(
            note.len() <= NOTE_LIMIT && note.len() > NOTE_LIMIT - 5,
            "{}",
            note.len()
        );
        assert!(note.ends_with("ä..."));
        assert_eq!(truncated("short".to_owned(), NOTE_LIMIT), "short");
    }

    fn invalid(message: &str) -> ProviderError {
        ProviderError::Invalid {
            reason: "InvalidAnnotation",
            message: message.to_owned(),
        }
    }
}
