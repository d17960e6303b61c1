//! Many Services of one test, and that all of them are served as they declare.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Service;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams};
use serde_json::json;

use super::LONG_PATIENCE;
use super::standing::{Standing, by_service};
use crate::cloud::Holdings;
use crate::cluster::{condition, hostname};
use crate::manifest::Manifest;
use crate::scenario::Scenario;
use crate::wait::within;

/// The Services of a test that are not deleted, by number.
pub(super) struct Fleet<'a> {
    scenario: &'a Scenario,
    pause: Duration,
    alive: BTreeSet<usize>,
    /// What each was published as when all were last as declared, where it shall stay so.
    hostnames: BTreeMap<String, String>,
}

impl<'a> Fleet<'a> {
    /// No Service yet.
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            pause: Duration::ZERO,
            alive: BTreeSet::new(),
            hostnames: BTreeMap::new(),
        }
    }

    /// So much time between two deeds, for faults to fall into.
    pub(super) fn pausing(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Creates Services of all kinds in turn: every fourth has an application load balancer.
    pub(super) async fn create(&mut self, numbers: Range<usize>) {
        for number in numbers {
            self.scenario.cluster.create_service(&self.manifest(number)).await;
            self.alive.insert(number);
            tokio::time::sleep(self.pause).await;
        }
    }

    /// Gives each a second port, and in turn nothing more, source ranges, the other scheme (which takes another load
    /// balancer), or another health check.
    pub(super) async fn change(&mut self, numbers: Range<usize>) {
        let prefix = "service.beta.kubernetes.io/aws-load-balancer-";
        for number in numbers {
            let mut patch =
                json!({ "spec": { "ports": [{ "name": "http", "port": 80 }, { "name": "alt", "port": 8080 }] } });
            match number % 4 {
                1 => patch["spec"]["loadBalancerSourceRanges"] = json!(["10.0.0.0/8", "192.168.0.0/16"]),
                2 => {
                    patch["metadata"]["annotations"][format!("{prefix}scheme")] = json!("internet-facing");
                    self.hostnames.remove(&name(number));
                }
                3 => patch["metadata"]["annotations"][format!("{prefix}healthcheck-path")] = json!("/ready"),
                _ => {}
            }
            self.scenario.cluster.patch_service(&name(number), patch).await;
            tokio::time::sleep(self.pause).await;
        }
    }

    /// Deletes them; does not wait until they are gone.
    pub(super) async fn delete(&mut self, numbers: Range<usize>) {
        for number in numbers {
            let services = self.scenario.cluster.services();
            services.delete(&name(number), &DeleteParams::default()).await.unwrap();
            self.alive.remove(&number);
            tokio::time::sleep(self.pause).await;
        }
    }

    /// Waits until each status says that its Service is served as it is now, and the deleted ones are gone; then AWS holds
    /// what they declare and nothing else, and every load balancer that need not be another is the same as before. Returns
    /// how long it took until the statuses said so.
    pub(super) async fn wait_as_declared(&mut self) -> Duration {
        let started = Instant::now();
        within(LONG_PATIENCE, "all Services to be served as declared", async || {
            self.all_served().await
        })
        .await;
        let took = started.elapsed();
        let what = "AWS to hold what is declared and no more";
        let served = within(LONG_PATIENCE, what, async || {
            let whole = self.scenario.cloud.of_cluster(&self.scenario.cluster_name).await;
            // A replacement is published once it serves, which the status of the Service as declared need not wait for.
            let served = self.all_served().await?;
            self.compare(&served, whole).map(|()| served)
        })
        .await;
        self.assert_same_balancers(&served);
        took
    }

    fn assert_same_balancers(&mut self, served: &[Service]) {
        let now = served
            .iter()
            .filter_map(|service| Some((service.name_any(), hostname(service)?)));
        let before = std::mem::replace(&mut self.hostnames, now.collect());
        for (name, now) in &self.hostnames {
            assert!(
                before.get(name).is_none_or(|before| before == now),
                "{name} needed no other load balancer"
            );
        }
    }

    /// The Services, once all of them are served.
    async fn all_served(&self) -> Result<Vec<Service>, String> {
        let found = self.services().await?;
        let there: BTreeSet<String> = found.iter().map(|service| service.name_any()).collect();
        let expected = self.alive.iter().map(|number| name(*number)).collect();
        if there != expected {
            let left: Vec<_> = there.symmetric_difference(&expected).collect();
            return Err(format!("not gone or not there: {left:?}"));
        }
        match found.iter().find(|service| !is_served(service)) {
            None => Ok(found),
            Some(service) => Err(format!("{} {:?}", service.name_any(), service.status)),
        }
    }

    fn compare(&self, services: &[Service], whole: Holdings) -> Result<(), String> {
        let mut parts = by_service(whole);
        for service in services {
            let held = parts
                .remove(&self.scenario.owner(&service.name_any()))
                .unwrap_or_default();
            let (held, declared) = (Standing::held(&held)?, Standing::declared(self.scenario, service));
            if held != declared {
                return Err(format!("{} is {held:#?}, not {declared:#?}", service.name_any()));
            }
        }
        let shared = parts.remove("").unwrap_or_default();
        // Only the group of all load balancers belongs to no Service, and only as long as there is one.
        let as_it_should = shared.load_balancers.is_empty()
            && shared.target_groups.is_empty()
            && shared.security_groups.len() == usize::from(!services.is_empty());
        if as_it_should && parts.is_empty() {
            Ok(())
        } else {
            Err(format!("for no Service: {shared:#?} {parts:#?}"))
        }
    }

    /// The Services of the namespace, being deleted or not.
    pub(super) async fn services(&self) -> Result<Vec<Service>, String> {
        let list = self.scenario.cluster.services().list(&ListParams::default()).await;
        list.map(|list| list.items).map_err(|error| error.to_string())
    }

    fn manifest(&self, number: usize) -> Manifest {
        let manifest = self.scenario.service(&name(number));
        // Other tests bring and take nodes; these are the sandbox's own.
        let manifest = manifest.aws("target-node-labels", "kubernetes.io/os=linux");
        if number % 4 == 3 {
            manifest.class(&self.scenario.alb_class)
        } else {
            manifest
        }
    }
}

fn name(number: usize) -> String {
    format!("web-{number}")
}

/// Does the status say that what the Service declares now is what AWS holds?
fn is_served(service: &Service) -> bool {
    let is_true = |name| condition(service, name).is_some_and(|found| found.status == "True");
    let declared = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let ingress = service
        .status
        .iter()
        .filter_map(|status| status.load_balancer.as_ref()?.ingress.as_ref());
    let served = ingress.flatten().flat_map(|ingress| ingress.ports.iter().flatten());
    let declared: BTreeSet<i32> = declared.map(|port| port.port).collect();
    is_true("elbow.dev/Programmed")
        && !is_true("Reconciling")
        && served.map(|port| port.port).collect::<BTreeSet<_>>() == declared
}
