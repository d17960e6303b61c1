//! Many requests at a steady rate: each begins at its time, whether those before it are answered or not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, timeout};

use super::ask::{Ask, Form};
use super::connect::resolve;
use super::connection::Connection;
use super::failure::Failure;
use super::reply::Reply;
use super::report::{Outcome, Report, Tally};

/// How to ask many times: a builder for tests, and what the command `client-load` takes as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    ask: Ask,
    rate: u32,
    lasting: Option<Duration>,
    kept: Option<u32>,
}

impl Load {
    /// The request so many times a second, each on a connection of its own, until it is ended.
    #[must_use]
    pub fn new(ask: Ask, rate: u32) -> Self {
        Self {
            ask,
            rate: rate.max(1),
            lasting: None,
            kept: None,
        }
    }

    /// Ends by itself after this long.
    #[must_use]
    pub fn lasting(self, lasting: Duration) -> Self {
        Self {
            lasting: Some(lasting),
            ..self
        }
    }

    /// Uses so many connections and keeps them. One that HTTP has ended between two requests is replaced, as by any client;
    /// one that ends during a request has failed, and so has one of TCP or TLS that ends at all.
    #[must_use]
    pub fn kept(self, connections: u32) -> Self {
        Self {
            kept: Some(connections.max(1)),
            ..self
        }
    }

    /// Asks from this process until `end` is done, then waits for the answers that are due.
    ///
    /// `flowing` is called once, at the first good answer.
    pub async fn run(&self, end: impl Future<Output = ()>, flowing: impl FnOnce()) -> Report {
        let start = Instant::now();
        let (sender, mut outcomes) = unbounded_channel();
        let mut lanes = self.start_lanes(sender);
        let mut tally = Tally::default();
        let lasting = async {
            match self.lasting {
                Some(lasting) => tokio::time::sleep(lasting).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end => {}
            () = lasting => {}
            () = gather(&mut outcomes, &mut tally, start, Some(flowing)) => {}
        }
        // The lanes issue nothing more; what they have spawned still holds a sender until it is answered.
        lanes.abort_all();
        gather(&mut outcomes, &mut tally, start, None::<fn()>).await;
        tally.report(start.elapsed())
    }

    fn start_lanes(&self, outcomes: UnboundedSender<(Instant, Outcome)>) -> JoinSet<()> {
        let lanes = self.kept.unwrap_or(1);
        let ticks = |lane: u32| every(Duration::from_secs(1).saturating_mul(lanes) / self.rate, lane, lanes);
        let mut running = JoinSet::new();
        let ask = Arc::new(self.ask.clone());
        for lane in 0..lanes {
            let (ask, outcomes, ticks) = (Arc::clone(&ask), outcomes.clone(), ticks(lane));
            match self.kept {
                None => running.spawn(on_fresh_connections(ask, ticks, outcomes)),
                Some(_) => running.spawn(on_one_connection(
                    ask,
                    ticks,
                    usize::try_from(lane).unwrap_or(0),
                    outcomes,
                )),
            };
        }
        running
    }
}

/// Ticks so far apart; the lanes begin one after the other, so that together they keep a steady pace.
fn every(period: Duration, lane: u32, lanes: u32) -> Interval {
    let mut ticks = tokio::time::interval_at(Instant::now() + period * lane / lanes, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    ticks
}

async fn gather(
    outcomes: &mut UnboundedReceiver<(Instant, Outcome)>,
    tally: &mut Tally,
    start: Instant,
    mut flowing: Option<impl FnOnce()>,
) {
    while let Some((at, outcome)) = outcomes.recv().await {
        let is_good = outcome.result.is_ok();
        tally.record(at.duration_since(start), outcome);
        if let Some(flowing) = flowing.take_if(|_| is_good) {
            flowing();
        }
    }
}

async fn on_fresh_connections(ask: Arc<Ask>, mut ticks: Interval, outcomes: UnboundedSender<(Instant, Outcome)>) {
    for number in 0_usize.. {
        ticks.tick().await;
        let (ask, outcomes) = (Arc::clone(&ask), outcomes.clone());
        tokio::spawn(async move {
            let mut address = None;
            let result = timeout(ask.timeout, async {
                open(&ask, number, &mut address).await?.exchange(&ask).await
            });
            let result = judged(&ask, result.await.unwrap_or(Err(Failure::Timeout)));
            // Nobody listens any more only when the process ends.
            let _ = outcomes.send((Instant::now(), Outcome { address, result }));
        });
    }
}

async fn on_one_connection(
    ask: Arc<Ask>,
    mut ticks: Interval,
    number: usize,
    outcomes: UnboundedSender<(Instant, Outcome)>,
) {
    let mut kept: Option<Connection> = None;
    loop {
        ticks.tick().await;
        let (ask, outcomes, connection) = (Arc::clone(&ask), outcomes.clone(), kept.take());
        // As a task of its own, so that a request that was sent is also answered when the lane ends.
        let asking = tokio::spawn(async move {
            let mut address = None;
            let result = timeout(ask.timeout, async {
                let mut connection = match connection.filter(|connection| !connection.is_closed()) {
                    Some(connection) => connection,
                    None => open(&ask, number, &mut address).await?,
                };
                address = Some(connection.address());
                Ok((connection.exchange(&ask).await?, connection))
            });
            let (result, connection) = result.await.unwrap_or(Err(Failure::Timeout)).map_or_else(
                |failure| (Err(failure), None),
                |(reply, connection)| (Ok(reply), Some(connection)),
            );
            let _ = outcomes.send((
                Instant::now(),
                Outcome {
                    address,
                    result: judged(&ask, result),
                },
            ));
            connection
        });
        kept = asking.await.unwrap_or_default();
    }
}

async fn open(ask: &Ask, number: usize, address: &mut Option<SocketAddr>) -> Result<Connection, Failure> {
    let chosen = resolve(ask, number).await?;
    *address = Some(chosen);
    Connection::open(ask, chosen).await
}

/// A good answer, or why it is none.
fn judged(ask: &Ask, result: Result<Reply, Failure>) -> Result<Reply, Failure> {
    let reply = result?;
    let call = reply
        .http
        .as_ref()
        .filter(|_| ask.form == Form::Grpc)
        .map(super::reply::Head::grpc_status);
    match (reply.status(), call) {
        (status @ 500.., _) => Err(Failure::Status(status)),
        (_, Some(None)) => Err(Failure::Short),
        (_, Some(Some(status @ 1..))) => Err(Failure::Status(status)),
        _ => Ok(reply),
    }
}
