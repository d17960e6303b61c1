//! How a call goes: it is counted, may meet a fault, sees AWS as it is or as it was, and is watched.

use std::fmt;
use std::time::Duration;

use elbow::aws::error::{AwsError, TIMEOUT};
use elbow::fence::WRITE_DEADLINE;
use tokio::time::{Instant, sleep};

use super::watch::On;
use super::{Answer, Aws, Fault, State};
use crate::cluster::Sent;

/// After this time elbow's SDK gives a read up.
const READ_DEADLINE: Duration = Duration::from_secs(15);

/// What AWS does long after the caller has given it up.
pub(super) struct Late {
    due: Instant,
    work: Box<dyn FnOnce(&mut State) + Send>,
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a call to be done at {:?}", self.due)
    }
}

impl Aws {
    /// A call that changes nothing. Others may come between before and after it, as they can on the network.
    pub(super) async fn read<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&mut State) -> Answer<T> + Send,
    ) -> Result<T, AwsError> {
        let _sent = self.leave(action).await?;
        tokio::task::yield_now().await;
        let (fault, answer) = {
            let mut state = self.state();
            let fault = state.begin(action);
            let answer = match fault.as_ref().is_none_or(Fault::is_done) {
                true => Some(state.as_shown(fault.as_ref(), work)),
                false => None,
            };
            (fault, answer)
        };
        self.end(action, READ_DEADLINE, fault, answer).await
    }

    /// A call that changes what `on` names.
    pub(super) async fn write<A: Send + 'static, T: 'static>(
        &self,
        action: &'static str,
        on: On<'_>,
        arguments: A,
        work: impl FnOnce(&mut State, &A) -> Answer<T> + Send + 'static,
    ) -> Result<T, AwsError> {
        let _sent = self.leave(action).await?;
        tokio::task::yield_now().await;
        let (fault, answer) = {
            let mut state = self.state();
            let fault = state.begin(action);
            state.watch_write(action, &on);
            let answer = match &fault {
                Some(Fault::Slow(time)) if *time > WRITE_DEADLINE => {
                    let due = Instant::now() + *time;
                    let work = Box::new(move |state: &mut State| drop(state.change(|state| work(state, &arguments))));
                    state.late.push(Late { due, work });
                    None
                }
                fault if fault.as_ref().is_none_or(Fault::is_done) => {
                    Some(state.change(|state| work(state, &arguments)))
                }
                _ => None,
            };
            (fault, answer)
        };
        self.end(action, WRITE_DEADLINE, fault, answer).await
    }

    /// Through the process' door, where there is one; open until what is returned is dropped.
    async fn leave(&self, action: &'static str) -> Result<Option<Sent>, AwsError> {
        match &self.door {
            Some(door) => Ok(Some(door.pass(action).await?)),
            None => Ok(None),
        }
    }

    /// The way back.
    async fn end<T>(
        &self,
        action: &'static str,
        deadline: Duration,
        fault: Option<Fault>,
        answer: Option<Answer<T>>,
    ) -> Result<T, AwsError> {
        match fault {
            Some(Fault::Slow(time)) if time > deadline => {
                sleep(deadline).await;
                return Err(AwsError::new(action, TIMEOUT, "injected"));
            }
            Some(Fault::Slow(time)) => sleep(time).await,
            Some(fault) => fault.strike(action, &self.crashed).await?,
            None => tokio::task::yield_now().await,
        }
        let answer = answer.expect("a call without a fault was made");
        answer.map_err(|(code, message)| {
            self.state().refusals.push(format!("{action}: {code}: {message}"));
            AwsError::new(action, code, message)
        })
    }

    /// Does what was left for later and is due.
    pub(crate) fn catch_up(&self) {
        self.state().catch_up();
    }
}

impl State {
    /// Counts a call. Returns what happens to it.
    fn begin(&mut self, action: &'static str) -> Option<Fault> {
        self.catch_up();
        let number = self.log.len();
        self.log.push(action);
        let fault = self.faults.take(number, action);
        fault.or_else(|| self.limits.refuse(action))
    }

    fn catch_up(&mut self) {
        let now = Instant::now();
        let (due, waiting) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|late| late.due <= now);
        self.late = waiting;
        let mut due: Vec<Late> = due;
        due.sort_by_key(|late| late.due);
        for late in due {
            (late.work)(self);
        }
    }

    /// A change, before which the state is kept for those who see it late.
    fn change<T>(&mut self, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        self.remember();
        work(self)
    }

    /// A reading of the state as this caller sees it.
    fn as_shown<T>(&mut self, fault: Option<&Fault>, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        let writes_ago = match fault {
            Some(Fault::Stale(writes)) => Some(*writes),
            _ => None,
        };
        match self.past(writes_ago) {
            Some(past) => work(past),
            None => work(self),
        }
    }
}
