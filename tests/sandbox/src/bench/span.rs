//! The AWS calls of a stretch of time, from the proxy's journal.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::proxy::client::{Client, Error};
use crate::proxy::journal::Entry;

/// No call for so long means that the work is done.
const QUIET: Duration = Duration::from_millis(1500);
/// Time between two looks at the journal.
const PAUSE: Duration = Duration::from_millis(200);

/// A stretch of time that has begun.
#[derive(Debug)]
pub(super) struct Span<'a> {
    proxy: &'a Client,
    since: u64,
    started_ms: u64,
}

impl<'a> Span<'a> {
    /// Begins now.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub(super) async fn begin(proxy: &'a Client) -> Result<Self, Error> {
        let since = proxy.log(u64::MAX).await?.next;
        Ok(Self {
            proxy,
            since,
            started_ms: now_ms(),
        })
    }

    /// The calls so far.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub(super) async fn calls(&self) -> Result<Calls, Error> {
        Ok(Calls {
            started_ms: self.started_ms,
            entries: self.proxy.log(self.since).await?.entries,
        })
    }

    /// The calls until none has come for a while.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub(super) async fn settle(&self) -> Result<Calls, Error> {
        loop {
            let calls = self.calls().await?;
            let last = calls.entries.iter().map(ended_ms).max().unwrap_or(self.started_ms);
            let quiet = Duration::from_millis(now_ms().saturating_sub(last));
            if quiet >= QUIET && calls.entries.iter().all(|entry| entry.duration_ms.is_some()) {
                return Ok(calls);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What was called.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    started_ms: u64,
    /// In the order of their arrival at the proxy.
    pub(super) entries: Vec<Entry>,
}

impl Calls {
    /// How many.
    #[must_use]
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// How many arrived within so long.
    #[must_use]
    pub(super) fn count_within(&self, within: Duration) -> usize {
        let times = self.entries.iter().map(|entry| self.since_start(entry.time_ms));
        times.filter(|time| *time <= within).count()
    }

    /// The time until the last answer; zero where nothing was called.
    #[must_use]
    pub(super) fn last_answer(&self) -> Duration {
        let ends = self.entries.iter().map(ended_ms).max();
        ends.map_or(Duration::ZERO, |end| self.since_start(end))
    }

    /// The time until the first call that is no read.
    #[must_use]
    pub(super) fn first_write(&self) -> Option<Duration> {
        let write = self
            .entries
            .iter()
            .find(|entry| !entry.action.starts_with("Describe"))?;
        Some(self.since_start(write.time_ms))
    }

    /// One line a call: when it began, how long it took, what it was and about what.
    #[must_use]
    pub(super) fn trace(&self) -> Vec<String> {
        let line = |entry: &Entry| {
            let began = self.since_start(entry.time_ms);
            let took = entry.duration_ms.unwrap_or_default();
            let status = entry.status.map_or("-".to_owned(), |status| status.to_string());
            format!(
                "{:>8.3} s {took:>5} ms {status} {} {}",
                began.as_secs_f64(),
                entry.action,
                subject(entry)
            )
        };
        self.entries.iter().map(line).collect()
    }

    /// The calls by action, in the order of their first appearance.
    #[must_use]
    pub(super) fn by_action(&self) -> Vec<Action> {
        let mut entries: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            entries.entry(&entry.action).or_default().push(entry);
        }
        let mut actions: Vec<_> = entries.iter().map(|(name, calls)| self.action(name, calls)).collect();
        actions.sort_by(|one, other| one.first_s.total_cmp(&other.first_s));
        actions
    }

    fn action(&self, name: &str, calls: &[&Entry]) -> Action {
        let mut took: Vec<_> = calls.iter().filter_map(|entry| entry.duration_ms).collect();
        took.sort_unstable();
        let first = calls.iter().map(|entry| entry.time_ms).min().unwrap_or_default();
        let last = calls.iter().map(|entry| ended_ms(entry)).max().unwrap_or_default();
        Action {
            name: name.to_owned(),
            calls: calls.len(),
            first_s: self.since_start(first).as_secs_f64(),
            last_s: self.since_start(last).as_secs_f64(),
            median_ms: took.get(took.len() / 2).copied().unwrap_or_default(),
        }
    }

    fn since_start(&self, time_ms: u64) -> Duration {
        Duration::from_millis(time_ms.saturating_sub(self.started_ms))
    }
}

/// All calls of one action.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Action {
    /// The action, for example `CreateListener`.
    pub(super) name: String,
    /// How many.
    pub(super) calls: usize,
    /// When the first arrived, in seconds from the start of the line.
    pub(super) first_s: f64,
    /// When the last was answered, in seconds from the start of the line.
    pub(super) last_s: f64,
    /// How long one takes, added latency included, in milliseconds.
    pub(super) median_ms: u64,
}

fn ended_ms(entry: &Entry) -> u64 {
    entry.time_ms.saturating_add(entry.duration_ms.unwrap_or_default())
}

/// What a call was about: the first name or identifier among its fields.
fn subject(entry: &Entry) -> &str {
    let fields = [
        "Name",
        "GroupName",
        "GroupId",
        "TargetGroupArn",
        "ListenerArn",
        "LoadBalancerArn",
    ];
    let named = fields.iter().find_map(|field| entry.fields.get(*field));
    named.or(entry.fields.values().next()).map_or("", |value| {
        value
            .split_once("loadbalancer/")
            .map_or(value.as_str(), |(_, name)| name)
    })
}

fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, time_ms: u64, duration_ms: u64) -> Entry {
        Entry {
            seq: 0,
            time_ms,
            lane: "bench".to_owned(),
            service: "ec2".to_owned(),
            action: action.to_owned(),
            fields: [("GroupName".to_owned(), "web".to_owned())].into(),
            fault: None,
            status: Some(200),
            duration_ms: Some(duration_ms),
        }
    }

    fn calls() -> Calls {
        Calls {
            started_ms: 1000,
            entries: vec![
                entry("DescribeSubnets", 1000, 40),
                entry("CreateSecurityGroup", 1050, 30),
                entry("DescribeSubnets", 1100, 60),
            ],
        }
    }

    #[test]
    fn times_count_from_the_start_of_the_span() {
        assert_eq!(calls().last_answer(), Duration::from_millis(160));
        assert_eq!(calls().first_write(), Some(Duration::from_millis(50)));
        assert_eq!(calls().count_within(Duration::from_millis(50)), 2);
        assert_eq!(Calls::default().last_answer(), Duration::ZERO);
    }

    #[test]
    fn actions_are_told_in_the_order_of_their_first_call() {
        let actions = calls().by_action();
        assert_eq!(
            actions[0],
            Action {
                name: "DescribeSubnets".to_owned(),
                calls: 2,
                first_s: 0.0,
                last_s: 0.16,
                median_ms: 60
            }
        );
        assert_eq!(actions[1].name, "CreateSecurityGroup");
    }

    #[test]
    fn a_trace_says_when_how_long_and_about_what() {
        assert_eq!(calls().trace()[1], "   0.050 s    30 ms 200 CreateSecurityGroup web");
    }
}
