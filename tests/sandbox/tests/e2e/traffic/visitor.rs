//! The sandbox's client, as the tests send it: out of its own network, by names that it resolves itself.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use elbow_sandbox::client::station::Error;
use elbow_sandbox::client::{Ask, Failure, Load, Reply, Report, Running, Station};
use elbow_sandbox::echo::Answer;
use elbow_sandbox::network::addresses::CLIENTS;
use elbow_sandbox::network::client;
use elbow_sandbox::state::Sandbox;

use crate::wait::{PATIENCE, until};

/// A packet that was dropped is given up on after this long.
const NO_ANSWER: Duration = Duration::from_secs(2);

/// Of many requests none may fail for the machine's being busy.
const SLOW_ANSWER: Duration = Duration::from_secs(10);

/// Somebody in the internet.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    station: Station,
    /// The certificate authority that it trusts.
    authority: PathBuf,
}

impl Visitor {
    /// The client of this sandbox.
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self {
            station: station(sandbox),
            authority: sandbox.layout().unwrap().data_plane().join("ca.crt"),
        }
    }

    /// A request to this URL, from the first of the client's addresses.
    pub(crate) fn request(&self, url: &str) -> Ask {
        let ask = Ask::new(url).unwrap().from(address(0)).trust(&self.authority);
        ask.timeout(NO_ANSWER)
    }

    /// Whatever answers a request.
    pub(crate) async fn reply(&self, ask: &Ask) -> Result<Reply, Failure> {
        match self.station.ask(ask).await {
            Ok(reply) => Ok(reply),
            Err(Error::NoAnswer(failure)) => Err(failure),
            Err(error) => panic!("{error}"),
        }
    }

    /// The echo workload's answer to a request. A load balancer's own, such as 503 before any target is registered, is none.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Answer, Failure> {
        let reply = self.reply(ask).await?;
        if reply.status() >= 500 {
            return Err(Failure::Status(reply.status()));
        }
        Ok(reply.json().unwrap_or_else(|_| panic!("not an answer: {reply:?}")))
    }

    /// The echo workload's answer, once there is one.
    pub(crate) async fn answer(&self, ask: &Ask) -> Answer {
        until(&format!("an answer to {ask:?}"), async || {
            self.ask(ask).await.map_err(|failure| failure.to_string())
        })
        .await
    }

    /// Whatever answers a request, once there is something.
    pub(crate) async fn some_reply(&self, ask: &Ask) -> Reply {
        until(&format!("a reply to {ask:?}"), async || {
            self.reply(ask).await.map_err(|failure| failure.to_string())
        })
        .await
    }

    /// Waits until a request is dropped on the way.
    pub(crate) async fn wait_dropped(&self, ask: &Ask) {
        until(&format!("no answer to {ask:?}"), async || match self.ask(ask).await {
            Err(Failure::Timeout) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// What becomes of so many requests, each on a connection of its own, one after the other at `rate` a second.
    pub(crate) async fn many(&self, ask: &Ask, rate: u32, lasting: Duration) -> Report {
        let load = Load::new(ask.clone().timeout(SLOW_ANSWER), rate).lasting(lasting);
        self.station.load(&load).unwrap().finish().await.unwrap()
    }

    /// Begins to ask on connections of their own, and waits for the first answer.
    pub(crate) async fn keep_asking(&self, ask: &Ask, rate: u32) -> Running {
        let load = Load::new(ask.clone().timeout(SLOW_ANSWER), rate);
        let mut running = self.station.load(&load).unwrap();
        running.flowing(PATIENCE).await.unwrap();
        running
    }
}

/// Where the client of this sandbox asks from.
pub(crate) fn station(sandbox: &Sandbox) -> Station {
    // The station adds the program.
    let none: [&str; 0] = [];
    let entry = client::command(&sandbox.layout().unwrap(), sandbox.network().unwrap(), &none);
    let entry = entry.as_std();
    let words = std::iter::once(entry.get_program()).chain(entry.get_args());
    Station::behind(words, env!("CARGO_BIN_EXE_elbow-sandbox"))
}

/// One of the client's three addresses.
pub(crate) fn address(number: usize) -> IpAddr {
    let address: Ipv4Addr = CLIENTS[number];
    address.into()
}
