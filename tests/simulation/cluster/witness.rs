//! Sees every step, and says which one was wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::aws::Aws;
use crate::kubernetes::{Kind, Kubernetes};
use crate::world::CLUSTER;

const FINALIZER: &str = "elbow.dev/load-balancer";

/// Who sees all steps. Clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    kubernetes: Kubernetes,
    aws: Aws,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    wrong: Vec<String>,
    /// UIDs of Services whose finalizer somebody has removed by force.
    forced: BTreeSet<String>,
    /// Up to which version the history of the objects was looked through.
    version: u64,
    /// Hostnames that Services had while they were to have none: their load balancers may go.
    given_up: BTreeSet<String>,
    /// Every process that has written to AWS, as often as the writer changed.
    writers: Vec<String>,
}

impl Witness {
    pub(super) fn new(kubernetes: &Kubernetes, aws: &Aws) -> Self {
        Self {
            kubernetes: kubernetes.clone(),
            aws: aws.clone(),
            seen: Arc::default(),
        }
    }

    /// What was wrong so far.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let usurped = self.kubernetes.state().usurped.clone();
        [self.seen.lock().unwrap().wrong.clone(), usurped].concat()
    }

    /// Somebody removes the finalizer of this Service by force.
    pub(crate) fn excuse(&self, uid: &str) {
        self.seen.lock().unwrap().forced.insert(uid.to_owned());
    }

    /// Who has written to AWS, in turn.
    pub(crate) fn writers(&self) -> Vec<String> {
        self.seen.lock().unwrap().writers.clone()
    }

    /// A write reaches AWS: its process must lead, if there is an election.
    pub(super) fn wrote(&self, process: &str, action: &str) {
        let leader = self.kubernetes.leader();
        let mut seen = self.seen.lock().unwrap();
        if leader.as_deref().is_some_and(|leader| leader != process) {
            seen.wrong
                .push(format!("{process} wrote {action} while {leader:?} led"));
        }
        if seen.writers.last().map(String::as_str) != Some(process) {
            seen.writers.push(process.to_owned());
        }
    }

    /// Looks at both sides.
    pub(super) fn look(&self) {
        let services = self.services();
        let owned = self.owned();
        self.follow();
        let mut seen = self.seen.lock().unwrap();
        for (uid, what) in &owned.resources {
            let held = services.get(uid).is_some_and(|service| service.finalizer);
            if !held && !seen.forced.contains(uid) {
                seen.wrong
                    .push(format!("AWS has {what:?} though nothing holds the Service {uid}"));
            }
        }
        for (uid, service) in &services {
            let Some(hostname) = service.hostname.as_ref().filter(|_| service.wanted) else {
                continue;
            };
            if owned.hostnames.get(hostname) != Some(uid) && !seen.given_up.contains(hostname) {
                seen.wrong
                    .push(format!("{uid} says {hostname}, which is not its load balancer"));
            }
        }
    }

    /// Looks through what has changed since.
    fn follow(&self) {
        let state = self.kubernetes.state();
        let mut seen = self.seen.lock().unwrap();
        for service in state.store.versions_since(seen.version, Kind::Service).map(known) {
            seen.given_up.extend(service.hostname.filter(|_| !service.wanted));
        }
        seen.version = state.store.version;
    }

    fn services(&self) -> BTreeMap<String, Known> {
        let state = self.kubernetes.state();
        let services = state.store.all(Kind::Service);
        services
            .map(|service| (text(&service["metadata"]["uid"]), known(service)))
            .collect()
    }

    /// What AWS has of this cluster.
    fn owned(&self) -> Owned {
        let state = self.aws.state();
        let mut owned = Owned::default();
        let is_ours =
            |tags: &BTreeMap<String, String>| tags.get("elbow.dev/cluster").is_some_and(|name| name == CLUSTER);
        let mut add = |tags: &BTreeMap<String, String>, name: &str| {
            let uid = tags.get("elbow.dev/uid").filter(|_| is_ours(tags));
            if let Some(uid) = uid {
                owned.resources.entry(uid.clone()).or_default().push(name.to_owned());
            }
            uid.cloned()
        };
        for known in state.load_balancers.values() {
            if let Some(uid) = add(&known.tags, &known.name) {
                owned.hostnames.insert(known.dns_name.to_lowercase(), uid);
            }
        }
        for known in state.target_groups.values() {
            add(&known.tags, &known.name);
        }
        for known in state.groups.values() {
            add(&known.tags, &known.name);
        }
        owned
    }
}

/// By UID what there is, and by hostname whose it is.
#[derive(Debug, Default)]
struct Owned {
    resources: BTreeMap<String, Vec<String>>,
    hostnames: BTreeMap<String, String>,
}

/// What counts of a Service.
#[derive(Debug)]
struct Known {
    finalizer: bool,
    hostname: Option<String>,
    /// Is it to have a load balancer?
    wanted: bool,
}

fn known(service: &Value) -> Known {
    let finalizers = service["metadata"]["finalizers"].as_array();
    let hostname = &service["status"]["loadBalancer"]["ingress"][0]["hostname"];
    Known {
        finalizer: finalizers.is_some_and(|names| names.iter().any(|name| name == FINALIZER)),
        hostname: hostname.as_str().map(str::to_owned),
        wanted: service["spec"]["type"] == "LoadBalancer" && service["metadata"].get("deletionTimestamp").is_none(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
