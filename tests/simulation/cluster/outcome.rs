//! How it must stand in the end: as if all had been declared at once, and nothing had ever gone wrong.

use serde_json::Value;

use super::Cluster;
use crate::kubernetes::{Kind, Kubernetes};
use crate::world::{CLUSTER, assert_same};

impl Cluster {
    /// Comes to rest, and is as a fresh cluster with the same objects; nothing is left, nothing foreign was touched, and
    /// no step was wrong.
    pub(crate) async fn ends_well(&mut self, place: &str) {
        let expected = self.fresh_end().await;
        self.ends_as(&expected, place).await;
    }

    /// As [`Cluster::ends_well`], with what the fresh cluster has in AWS known already.
    pub(crate) async fn ends_as(&mut self, expected: &str, place: &str) {
        self.settle().await;
        if self.aws.digest() != *expected || !self.witness.wrong().is_empty() {
            println!("{}", self.line.trace().join("\n"));
        }
        assert_same(&self.aws.digest(), expected, place);
        assert_same(&self.aws.foreign_digest(CLUSTER), &self.foreign, place);
        assert_eq!(self.witness.wrong(), Vec::<String>::new(), "{place}");
        assert_eq!(self.aws.blackouts(), Vec::<String>::new(), "{place}");
        for service in self.kubernetes.services() {
            self.assert_served(&service, place);
        }
    }

    /// Nothing is in AWS that was not before.
    pub(crate) async fn ends_empty(&mut self, place: &str) {
        let untouched = self.untouched.clone();
        self.ends_as(&untouched, place).await;
    }

    /// What AWS holds when the objects that stand now are declared to a cluster where nothing has happened yet.
    pub(crate) async fn fresh_end(&self) -> String {
        let mut fresh = Self::served(0);
        fresh.kubernetes.become_as(&self.kubernetes);
        fresh.settle().await;
        fresh.aws.digest()
    }

    fn assert_served(&self, service: &Value, place: &str) {
        let name = &service["metadata"]["name"];
        let ours = service["spec"]["type"] == "LoadBalancer" && service["spec"]["loadBalancerClass"] == "elbow.dev/nlb";
        let state = if ours { Served::Yes } else { Served::No };
        let found = served(service);
        if found != state || service["metadata"].get("deletionTimestamp").is_some() {
            self.fail(&format!("{name} is {found:?} and not {state:?}, {place}: {service:#}"));
        }
    }
}

impl Kubernetes {
    /// Takes over the objects of another, as their owners declare them.
    fn become_as(&self, other: &Self) {
        let numbers: Vec<Value> = self.state().store.all(Kind::Node).cloned().collect();
        for node in &numbers {
            let key = Kind::Node.key("", node["metadata"]["name"].as_str().unwrap());
            self.remove(&key);
        }
        let (nodes, services): (Vec<Value>, Vec<Value>) = {
            let state = other.state();
            (
                state.store.all(Kind::Node).cloned().collect(),
                state.store.all(Kind::Service).cloned().collect(),
            )
        };
        for node in nodes {
            self.adopt(Kind::Node, node);
        }
        for mut service in services
            .into_iter()
            .filter(|service| service["metadata"].get("deletionTimestamp").is_none())
        {
            service.as_object_mut().unwrap().remove("status");
            service["metadata"].as_object_mut().unwrap().remove("finalizers");
            self.adopt(Kind::Service, service);
        }
    }
}

/// How far a Service is.
#[derive(Debug, PartialEq, Eq)]
enum Served {
    Yes,
    /// Nothing of ours is on it.
    No,
    Unclear,
}

fn served(service: &Value) -> Served {
    let finalizers = service["metadata"]["finalizers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let conditions = service["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let is_ours = |condition: &&Value| condition["type"] != "example.com/Foreign";
    let ours: Vec<_> = conditions.iter().filter(is_ours).collect();
    let programmed = |condition: &&&Value| condition["type"] == "elbow.dev/Programmed" && condition["status"] == "True";
    let waits = |condition: &&Value| condition["type"] == "Reconciling" || condition["type"] == "Stalled";
    let hostname = service["status"]["loadBalancer"]["ingress"][0]["hostname"].is_string();
    match (
        finalizers.iter().any(|name| name == "elbow.dev/load-balancer"),
        hostname,
    ) {
        (true, true) if ours.iter().any(|known| programmed(&known)) && !ours.iter().any(waits) => Served::Yes,
        (false, false) if ours.is_empty() => Served::No,
        _ => Served::Unclear,
    }
}
