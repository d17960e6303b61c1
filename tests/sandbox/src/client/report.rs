//! What became of many requests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::reply::Reply;

/// What became of many requests; what `client-load` prints as JSON at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// All requests that ended, well or not.
    pub sent: u64,
    /// Those with a good answer.
    pub ok: u64,
    /// The others, in the order of their ends.
    pub failed: Vec<Failed>,
    /// The good answers by the field `pod` of each.
    pub by_pod: BTreeMap<String, u64>,
    /// The good answers by the field `node` of each.
    pub by_node: BTreeMap<String, u64>,
    /// The good answers by the address that was connected to.
    pub by_address: BTreeMap<SocketAddr, u64>,
    /// The longest time without a good answer, the time before the first one and after the last one included.
    pub longest_gap: Duration,
}

/// A request without a good answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When it had failed, since the start.
    pub at: Duration,
    /// Where it was sent; none when the name did not resolve.
    pub address: Option<SocketAddr>,
    /// Why.
    pub why: Failure,
}

/// How one request ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) address: Option<SocketAddr>,
    pub(super) result: Result<Reply, Failure>,
}

/// A report in the making.
#[derive(Debug, Default)]
pub(super) struct Tally {
    report: Report,
    last_good: Duration,
}

impl Tally {
    /// Counts a request that ended so long after the start; requests are counted in the order of their ends.
    pub(super) fn record(&mut self, at: Duration, outcome: Outcome) {
        let Outcome { address, result } = outcome;
        self.report.sent += 1;
        match result {
            Err(why) => self.report.failed.push(Failed { at, address, why }),
            Ok(reply) => {
                self.report.ok += 1;
                self.close_gap(at);
                count(&mut self.report.by_pod, reply.field("pod"));
                count(&mut self.report.by_node, reply.field("node"));
                count(&mut self.report.by_address, Some(reply.address));
            }
        }
    }

    /// The report, so long after the start.
    pub(super) fn report(mut self, end: Duration) -> Report {
        self.close_gap(end);
        self.report
    }

    fn close_gap(&mut self, at: Duration) {
        let gap = at.saturating_sub(self.last_good);
        self.report.longest_gap = self.report.longest_gap.max(gap);
        self.last_good = at;
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: Option<K>) {
    if let Some(key) = key {
        *counts.entry(key).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(pod: &str) -> Outcome {
        let address: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let body = serde_json::json!({ "pod": pod, "node": "node-1" }).to_string();
        let reply = Reply {
            address,
            local: address,
            alpn: None,
            certificate: None,
            http: None,
            body,
        };
        Outcome {
            address: Some(address),
            result: Ok(reply),
        }
    }

    fn bad() -> Outcome {
        Outcome {
            address: None,
            result: Err(Failure::Timeout),
        }
    }

    #[test]
    fn the_longest_gap_is_between_good_answers_and_counts_both_ends() {
        let at = Duration::from_secs;
        let mut tally = Tally::default();
        tally.record(at(2), good("a"));
        tally.record(at(3), bad());
        tally.record(at(5), good("b"));
        let report = tally.report(at(6));
        assert_eq!(report.longest_gap, at(3));
        assert_eq!((report.sent, report.ok), (3, 2));
        assert_eq!(
            report.failed,
            [Failed {
                at: at(3),
                address: None,
                why: Failure::Timeout
            }]
        );
        assert_eq!(
            report.by_pod,
            BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 1)])
        );
        assert_eq!(report.by_node, BTreeMap::from([("node-1".to_owned(), 2)]));
        let mut tally = Tally::default();
        tally.record(at(1), good("a"));
        assert_eq!(tally.report(at(9)).longest_gap, at(8));
        assert_eq!(Tally::default().report(at(4)).longest_gap, at(4));
    }
}
