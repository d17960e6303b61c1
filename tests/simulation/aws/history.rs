//! AWS as it was: what a reader sees whom the newest writes have not reached yet.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::State;

/// More writes than any reader is behind.
const DEPTH: usize = 64;

/// States before the last writes, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    kept: bool,
    before: VecDeque<(Instant, State)>,
}

impl History {
    /// From now on states are kept.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl State {
    /// How long writes take to reach those who read.
    pub(crate) fn set_read_lag(&mut self, lag: Duration) {
        self.delays.read_lag = lag;
        self.history.keep();
    }

    /// A write comes: what was before it is kept for those who read late.
    pub(super) fn remember(&mut self) {
        if self.history.kept {
            let now = self.content();
            self.history.before.push_back((Instant::now(), now));
            if self.history.before.len() > DEPTH {
                self.history.before.pop_front();
            }
        }
    }

    /// What a reader sees who is so many writes behind, or as far as writes take to arrive; none if that is the present.
    pub(super) fn past(&mut self, writes_ago: Option<usize>) -> Option<&mut Self> {
        let lag = self.delays.read_lag;
        let count = self.history.before.len();
        let place = match writes_ago {
            Some(writes) if writes > 0 && count > 0 => count.saturating_sub(writes),
            _ => self.history.before.iter().position(|(at, _)| at.elapsed() < lag)?,
        };
        self.history.before.get_mut(place).map(|(_, state)| state)
    }

    /// A copy of what calls can read.
    fn content(&self) -> Self {
        Self {
            vpcs: self.vpcs.clone(),
            subnets: self.subnets.clone(),
            route_tables: self.route_tables.clone(),
            instances: self.instances.clone(),
            groups: self.groups.clone(),
            load_balancers: self.load_balancers.clone(),
            listeners: self.listeners.clone(),
            target_groups: self.target_groups.clone(),
            ..Self::default()
        }
    }
}
