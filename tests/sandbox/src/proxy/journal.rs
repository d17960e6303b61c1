//! What was called: counts, and the last calls in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::call::Call;

/// Most calls that the log keeps.
pub const MAX_ENTRIES: usize = 100_000;
/// Most bytes of form fields that the log keeps, over all calls.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most pairs of lane and action that are counted; calls of further pairs are in the log only.
const MAX_COUNTERS: usize = 100_000;

/// One call of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the order in which calls arrived, from 0.
    pub seq: u64,
    /// When it arrived, in milliseconds since 1970.
    pub time_ms: u64,
    /// The caller's access key id.
    pub lane: String,
    /// The service, for example `ec2`.
    pub service: String,
    /// The action, for example `CreateSecurityGroup`.
    pub action: String,
    /// The form's fields without secrets and without `Action`.
    pub fields: BTreeMap<String, String>,
    /// The name of the fault that hit it.
    pub fault: Option<String>,
    /// The status of AWS's answer, or of the injected one; none while it runs and when there was no answer.
    pub status: Option<u16>,
    /// How long it took in milliseconds, latency and holding included; none while it runs.
    pub duration_ms: Option<u64>,
}

/// How often what was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All calls.
    pub total: u64,
    /// By `service:Action`.
    pub calls: BTreeMap<String, u64>,
}

/// A part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The number that the next call will get: `since` of the next question.
    pub next: u64,
    /// The calls, oldest first.
    pub entries: Vec<Entry>,
}

/// The counts and the log, bounded.
#[derive(Debug, Default)]
pub struct Journal {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    counts: BTreeMap<(String, String), u64>,
    entries: VecDeque<Entry>,
    bytes: usize,
    next: u64,
}

impl Journal {
    /// Notes a call that has arrived.
    pub fn begin(self: &Arc<Self>, call: &Call, fault: Option<&str>) -> Recording {
        let mut pages = self.lock();
        let seq = pages.next;
        pages.next = seq.saturating_add(1);
        pages.count(call);
        pages.push(Entry {
            seq,
            time_ms: now_ms(),
            lane: call.lane.clone(),
            service: call.service.clone(),
            action: call.action.clone(),
            fields: call.fields.clone(),
            fault: fault.map(str::to_owned),
            status: None,
            duration_ms: None,
        });
        Recording {
            journal: Arc::clone(self),
            seq,
            started: Instant::now(),
            status: None,
        }
    }

    /// The counts of a lane, or of all lanes together.
    pub fn counts(&self, lane: Option<&str>) -> Counts {
        let mut counts = Counts::default();
        for ((of, key), count) in &self.lock().counts {
            if lane.is_none_or(|lane| lane == of) {
                counts.total = counts.total.saturating_add(*count);
                let sum = counts.calls.entry(key.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        counts
    }

    /// Sets the counts of a lane, or of all, back to nothing; the log stays.
    pub fn reset_counts(&self, lane: Option<&str>) {
        self.lock()
            .counts
            .retain(|(of, _), _| lane.is_some_and(|lane| lane != of));
    }

    /// The calls of a lane, or of all, from number `since` on, as far as they are still kept.
    pub fn log(&self, lane: Option<&str>, since: u64) -> Log {
        let pages = self.lock();
        let wanted = |entry: &&Entry| entry.seq >= since && lane.is_none_or(|lane| lane == entry.lane);
        Log {
            next: pages.next,
            entries: pages.entries.iter().filter(wanted).cloned().collect(),
        }
    }

    fn finish(&self, recording: &Recording) {
        let mut pages = self.lock();
        let first = pages.entries.front().map_or(0, |entry| entry.seq);
        let index = recording
            .seq
            .checked_sub(first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| pages.entries.get_mut(index)) {
            entry.status = recording.status;
            entry.duration_ms = Some(u64::try_from(recording.started.elapsed().as_millis()).unwrap_or(u64::MAX));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn count(&mut self, call: &Call) {
        let key = (call.lane.clone(), call.key());
        let full = self.counts.len() >= MAX_COUNTERS;
        if let Some(count) = self.counts.get_mut(&key) {
            *count = count.saturating_add(1);
        } else if !full {
            self.counts.insert(key, 1);
        }
    }

    fn push(&mut self, entry: Entry) {
        self.bytes = self.bytes.saturating_add(weight(&entry));
        self.entries.push_back(entry);
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(weight(&oldest));
        }
    }
}

fn weight(entry: &Entry) -> usize {
    entry
        .fields
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .sum()
}

fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

/// A call under way; dropping it notes its end, also when its caller has hung up.
#[derive(Debug)]
pub struct Recording {
    journal: Arc<Journal>,
    seq: u64,
    started: Instant,
    status: Option<u16>,
}

impl Recording {
    /// The call's number in the log.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Notes the status of the answer.
    pub fn answered(&mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.journal.finish(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::call::Protocol;

    fn call(lane: &str, field: &str) -> Call {
        Call {
            lane: lane.to_owned(),
            service: "ec2".to_owned(),
            action: "CreateTags".to_owned(),
            protocol: Protocol::Ec2,
            fields: BTreeMap::from([("f".to_owned(), field.to_owned())]),
        }
    }

    #[test]
    fn lanes_are_counted_apart_and_reset_apart() {
        let journal = Arc::new(Journal::default());
        for lane in ["a", "a", "b"] {
            journal.begin(&call(lane, ""), None);
        }
        assert_eq!(journal.counts(Some("a")).calls["ec2:CreateTags"], 2);
        assert_eq!(journal.counts(None).total, 3);
        journal.reset_counts(Some("a"));
        assert_eq!(
            (journal.counts(Some("a")).total, journal.counts(Some("b")).total),
            (0, 1)
        );
        journal.reset_counts(None);
        assert_eq!(journal.counts(None), Counts::default());
    }

    #[test]
    fn a_call_is_logged_at_its_arrival_and_completed_at_its_end() {
        let journal = Arc::new(Journal::default());
        let mut recording = journal.begin(&call("a", ""), Some("throttle"));
        assert_eq!(journal.log(Some("a"), 0).entries[0].duration_ms, None);
        recording.answered(400);
        drop(recording);
        let log = journal.log(Some("a"), 0);
        assert_eq!(
            (log.entries[0].status, log.entries[0].fault.as_deref()),
            (Some(400), Some("throttle"))
        );
        assert!(log.entries[0].duration_ms.is_some());
        assert!(journal.log(Some("a"), log.next).entries.is_empty());
    }

    #[test]
    fn the_log_is_bounded_in_entries_and_bytes() {
        let journal = Arc::new(Journal::default());
        let first = journal.begin(&call("a", ""), None);
        for _ in 0..MAX_ENTRIES {
            journal.begin(&call("a", ""), None);
        }
        drop(first);
        assert_eq!(journal.log(None, 0).entries.len(), MAX_ENTRIES);
        let large = "x".repeat(MAX_BYTES / 4);
        for _ in 0..5 {
            journal.begin(&call("a", &large), None);
        }
        assert!(journal.log(None, 0).entries.len() < 5);
    }
}
