//! `elbow inspect` tells the truth: what it says is broken is why requests fail, and what it calls sound answers.
//!
//! It looks from where the requests come from, with the client's own name server.

mod broken;
mod by_hand;

use elbow_sandbox::client::Ask;
use elbow_sandbox::network::client;
use serde_json::Value;

use super::visitor::Visitor;
use crate::inspect::{Seen, arguments, lane};
use crate::scenario::Scenario;
use crate::wait::until;

/// A Service under inspection, and a client of it.
struct Case<'a> {
    scenario: &'a Scenario,
    service: &'static str,
    visitor: Visitor,
    ask: Ask,
}

impl<'a> Case<'a> {
    /// Of a Service that is served under this hostname.
    fn new(scenario: &'a Scenario, service: &'static str, hostname: &str) -> Self {
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("http://{hostname}/"));
        Self {
            scenario,
            service,
            visitor,
            ask,
        }
    }

    /// What `elbow inspect` says.
    async fn inspect(&self) -> Seen {
        let sandbox = &self.scenario.sandbox;
        let program = [self.scenario.binary.clone().into_os_string()];
        let mut command = client::command(&sandbox.layout().unwrap(), sandbox.network().unwrap(), &program);
        command
            .args(arguments(self.scenario, self.service))
            .args(["-o", "json"]);
        command
            .envs(self.scenario.environment())
            .env("AWS_ACCESS_KEY_ID", lane(self.scenario))
            .env("KUBECONFIG", &sandbox.kubeconfig);
        let output = command.output().await.unwrap();
        let report = serde_json::from_slice(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        Seen {
            code: output.status.code().unwrap(),
            report: report.unwrap_or_else(|_| panic!("{}: {said}", output.status)),
        }
    }

    /// Waits until requests are answered and nothing is broken.
    async fn wait_sound(&self) {
        self.visitor.answer(&self.ask).await;
        self.wait_nothing_broken().await;
        self.visitor.answer(&self.ask).await;
    }

    /// Waits until nothing is said to be broken.
    async fn wait_nothing_broken(&self) {
        until("every layer to be sound", async || {
            let seen = self.inspect().await;
            if (seen.code, seen.first()) == (0, ("", "")) {
                Ok(())
            } else {
                Err(format!("{:#}", seen.report))
            }
        })
        .await;
    }

    /// Waits until requests fail, and this layer is named as broken first, for this reason; returns what is said of it.
    async fn wait_broken(&self, layer: &str, reason: &str) -> Value {
        until("requests to fail", async || match self.visitor.ask(&self.ask).await {
            Err(_) => Ok(()),
            Ok(answer) => Err(format!("{answer:?}")),
        })
        .await;
        self.wait_first(layer, reason).await
    }

    /// Waits until this layer is named as broken first, for this reason; returns what is said of it.
    async fn wait_first(&self, layer: &str, reason: &str) -> Value {
        until(&format!("{layer} to be broken for {reason}"), async || {
            let seen = self.inspect().await;
            if (seen.code, seen.first()) == (2, (layer, reason)) {
                Ok(seen.report["firstBroken"].clone())
            } else {
                Err(format!("{:#}", seen.report))
            }
        })
        .await
    }
}
