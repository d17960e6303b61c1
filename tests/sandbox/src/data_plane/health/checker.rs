//! The checkers at work: one task for each target, which asks again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::{Check, Key, Outcome, probe};

/// However short the scaled timeout is, a busy machine gets this much.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The target.
    pub target: Key,
    /// How it was checked.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
}

/// All checkers; they end when this is dropped.
#[derive(Debug)]
pub struct Checkers {
    tasks: BTreeMap<Key, Checker>,
    results: mpsc::Sender<Observation>,
    speed: u32,
}

#[derive(Debug)]
struct Checker {
    check: Check,
    task: JoinHandle<()>,
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Checkers {
    /// No checker yet; results go to `results`, and intervals and timeouts are divided by `speed`, which is not 0.
    #[must_use]
    pub fn new(results: mpsc::Sender<Observation>, speed: u32) -> Self {
        Self {
            tasks: BTreeMap::new(),
            results,
            speed: speed.max(1),
        }
    }

    /// Checks exactly these targets from now on: a new one at once, one whose check is as before without a break.
    pub fn follow(&mut self, wanted: &BTreeMap<Key, Check>) {
        self.tasks
            .retain(|key, checker| wanted.get(key) == Some(&checker.check));
        for (key, check) in wanted {
            if !self.tasks.contains_key(key) {
                let task = tokio::spawn(check_for_ever(
                    key.clone(),
                    check.clone(),
                    self.speed,
                    self.results.clone(),
                ));
                let check = check.clone();
                self.tasks.insert(key.clone(), Checker { check, task });
            }
        }
    }
}

async fn check_for_ever(target: Key, check: Check, speed: u32, results: mpsc::Sender<Observation>) {
    let interval = check.how.interval / speed;
    let timeout = (check.how.timeout / speed).max(SHORTEST_TIMEOUT);
    loop {
        let next = Instant::now() + interval;
        let observation = Observation {
            outcome: probe::ask(&check, timeout).await,
            target: target.clone(),
            check: check.clone(),
        };
        if results.send(observation).await.is_err() {
            return;
        }
        sleep_until(next).await;
    }
}
