//! A cluster and the controller's part: it calls the provider until there is nothing to do, and publishes what it is told.

use std::collections::BTreeSet;
use std::time::Duration;

use elbow::aws::pace::Rates;
use elbow::aws::provider::{AwsProvider, ProviderSettings};
use elbow::aws::settings::AwsSettings;
use elbow::aws::stack::{Scheme, Tags};
use elbow::node::NodeSet;
use elbow::provider::{Deleted, Ensured, LoadBalancerProvider, ProviderError, Retry};
use elbow::service::{Protocol, Service};
use tokio::time::sleep;

use crate::aws::Aws;

mod cloud;
mod crowd;
mod declaration;
mod kubernetes;

pub(crate) use cloud::{
    ALLOCATIONS, CERTIFICATE, OTHER_CERTIFICATE, WEB_ACL, add_group, instance, launch, launch_foreign, nodes,
};
pub(crate) use crowd::{ZONES, crowd, crowd_instance, zone};
pub(crate) use declaration::{alb, annotate, service, service_port, text_map};
pub(crate) use kubernetes::Kubernetes;

pub(crate) const CLUSTER: &str = "blue";
pub(crate) const VPC: &str = "vpc-1";
pub(crate) const GRACE: Duration = Duration::from_secs(60);
pub(crate) const REMOVAL_DELAY: Duration = Duration::from_secs(120);
pub(crate) const AUDIT_CALLS: u32 = 60;

/// The delay of [`Retry::Backoff`].
pub(crate) const BACKOFF: Duration = Duration::from_secs(5);
/// The delay of [`Retry::Slowly`].
const SLOWLY: Duration = Duration::from_secs(30);
/// More rounds than any sequence needs.
const ROUNDS: usize = 60;
/// More refusals of a declaration, one after the other, than time can heal.
const REFUSALS: usize = 15;
/// After this time all that was late or slow has happened.
const LATEST: Duration = Duration::from_secs(120);
/// Rounds of the audit, a minute apart, for which its budget suffices to look at all.
const AUDITS: usize = 2;

/// A cluster in AWS, with resources of others beside it, and a provider that knows nothing yet.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) provider: AwsProvider<Aws>,
    pub(crate) nodes: NodeSet,
    /// Rounds after which a Service counts as one that never settles.
    pub(crate) patience: usize,
    /// May AWS have told what is not so? Then the truth may need the audit, which comes sooner than patience ends.
    pub(crate) misled: bool,
    pub(crate) kubernetes: Kubernetes,
}

impl World {
    pub(crate) fn new() -> Self {
        let aws = Aws::default();
        cloud::build(&aws);
        Self {
            provider: provider(&aws),
            aws,
            nodes: nodes(1..=3),
            patience: ROUNDS,
            misled: false,
            kubernetes: Kubernetes::default(),
        }
    }

    /// A world where all that Services share is known and made, so that only what is special to a Service costs calls.
    pub(crate) async fn warm() -> Self {
        let world = Self::new();
        world.serve(&mut service("warm", &[(81, 30081)])).await;
        world.aws.take_log();
        world
    }

    /// The process starts again: all memory is lost, but not what stands in the status of Services.
    pub(crate) fn restart(&mut self) {
        self.provider = provider(&self.aws);
        self.kubernetes.restart();
    }

    /// One pass of the controller: with the receipt that the Service's status holds, which goes before anything is written.
    pub(crate) async fn ensure(&self, service: &Service) -> Result<Ensured, ProviderError> {
        if let Some(hostname) = &service.published {
            self.aws.note_published(&service.owner, hostname);
        }
        let mut service = self.accompanied(service.clone());
        let occasion = self.kubernetes.begin(&mut service);
        let mut outcome = self.provider.ensure(&service, &self.nodes, occasion).await;
        if outcome == Err(ProviderError::Outdated) {
            self.kubernetes.withdraw(&mut service);
            outcome = self.provider.ensure(&service, &self.nodes, occasion).await;
        }
        self.kubernetes.end(&service, &outcome);
        outcome
    }

    /// As the controller hands it on: with the ports of the companions that the provider asks for, as far as there are any.
    pub(crate) fn accompanied(&self, mut service: Service) -> Service {
        if self.provider.companions(&service.annotations).contains("canary") {
            let mut http = service_port(Protocol::Tcp, 80, 30088);
            http.name = Some("http".to_owned());
            service.companions = [("canary".to_owned(), vec![http])].into();
        }
        service
    }

    /// Calls until there is nothing left to do. Returns the last answer.
    pub(crate) async fn serve(&self, service: &mut Service) -> Ensured {
        let mut outcome = self.settle(service).await;
        if outcome.is_err() && self.misled {
            self.audit_all().await;
            outcome = self.settle(service).await;
        }
        match outcome {
            Ok(ensured) => ensured,
            Err(error) => panic!(
                "{} is not served after {} rounds: {error}",
                service.owner, self.patience
            ),
        }
    }

    /// Calls until there is nothing left to do, or, where that never comes, for long. Returns the last answer.
    pub(crate) async fn settle(&self, service: &mut Service) -> Result<Ensured, ProviderError> {
        let mut refused = 0;
        for _ in 0..self.patience {
            match self.ensure(service).await {
                Ok(ensured) => {
                    refused = 0;
                    service.published = Some(ensured.hostname.clone());
                    self.aws.publish(&service.owner, &ensured.hostname);
                    match ensured.recheck {
                        Some(recheck) => sleep(recheck).await,
                        None => return Ok(ensured),
                    }
                }
                Err(error) => {
                    refused = if matches!(error, ProviderError::Invalid { .. }) {
                        refused + 1
                    } else {
                        0
                    };
                    if refused > REFUSALS {
                        return Err(error);
                    }
                    sleep(delay(&error)).await;
                }
            }
        }
        self.ensure(service).await
    }

    /// The hostname that its status names, if a load balancer of the Service is there; the oldest of several.
    pub(crate) fn hostname(&self, service: &Service) -> Option<String> {
        let state = self.aws.state();
        let mut known = state.load_balancers.values();
        let owned = known.find(|known| {
            known.tags.get("elbow.dev/uid") == Some(&service.owner.uid)
                && known.tags.get("elbow.dev/cluster").map(String::as_str) == Some(CLUSTER)
        })?;
        Some(owned.dns_name.clone())
    }

    /// The Service goes, and its status with it.
    pub(crate) async fn delete(&self, service: &Service) -> Result<Deleted, ProviderError> {
        self.aws.unpublish(&service.owner);
        let deleted = self.provider.delete(&service.owner, &service.annotations, &self.nodes);
        let deleted = deleted.await?;
        self.aws.note_gone(&service.owner);
        Ok(deleted)
    }

    /// Calls until nothing is left.
    pub(crate) async fn remove(&self, service: &Service) -> Deleted {
        self.kubernetes.forget(service);
        let mut outcome = self.delete_patiently(service).await;
        if outcome.is_none() && self.misled {
            self.audit_all().await;
            outcome = self.delete_patiently(service).await;
        }
        outcome.unwrap_or_else(|| panic!("{} is not deleted after {} rounds", service.owner, self.patience))
    }

    async fn delete_patiently(&self, service: &Service) -> Option<Deleted> {
        for _ in 0..self.patience {
            match self.delete(service).await {
                Ok(deleted) => return Some(deleted),
                Err(error) => sleep(delay(&error)).await,
            }
        }
        None
    }

    /// All that was late or slow has happened, the audit has looked at all, and these Services were served again.
    pub(crate) async fn come_to_light(&self, services: &[Service]) {
        self.aws.calm();
        sleep(LATEST).await;
        self.aws.catch_up();
        self.audit_all().await;
        for service in services {
            let mut service = service.clone();
            service.published = self.aws.published(&service.owner);
            self.serve(&mut service).await;
        }
    }

    async fn audit_all(&self) {
        for _ in 0..AUDITS {
            self.audit().await;
            sleep(Duration::from_secs(60)).await;
        }
    }

    /// Audits until every Service was looked at.
    pub(crate) async fn audit(&self) {
        self.provider.audit().await.expect("AWS can be read");
    }

    /// Runs until the end or until the process dies by a fault. Returns whether it died.
    pub(crate) async fn until_death(&self, work: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = self.aws.crash() => true,
            () = work => false,
        }
    }

    /// The calls of this work, in the order of their names.
    pub(crate) async fn calls_of<T>(&self, work: impl Future<Output = T>) -> (T, Vec<&'static str>) {
        self.aws.take_log();
        let outcome = work.await;
        let mut calls = self.aws.take_log();
        calls.sort_unstable();
        (outcome, calls)
    }
}

/// Whatever a test is about: elbow's promises hold at every call of it.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.aws.breaches(), Vec::<String>::new());
        }
    }
}

fn delay(error: &ProviderError) -> Duration {
    match error.retry() {
        Retry::After(delay) => delay,
        Retry::Backoff => BACKOFF,
        Retry::Slowly => SLOWLY,
        Retry::Never => panic!("nobody closes the fence here: {error}"),
    }
}

pub(crate) fn provider(aws: &Aws) -> AwsProvider<Aws> {
    provider_at(aws, Rates::Unlimited)
}

/// One whose calls keep these rates.
pub(crate) fn provider_at(aws: &Aws, rates: Rates) -> AwsProvider<Aws> {
    let settings = ProviderSettings {
        aws: AwsSettings {
            cluster: CLUSTER.to_owned(),
            alb_classes: ["elbow.dev/alb".to_owned()].into(),
            default_scheme: Scheme::Internal,
            default_tags: Tags::new(),
            default_ssl_policy: "ELBSecurityPolicy-2016-08".to_owned(),
            node_ports: 30000..=32767,
            external_managed_tags: BTreeSet::new(),
            target_eni_group_tags: Tags::new(),
            manage_backend_rules: false,
        },
        vpc: None,
        audit_calls_per_minute: AUDIT_CALLS,
        rates,
        replacement_grace: GRACE,
        mass_removal_delay: REMOVAL_DELAY,
    };
    AwsProvider::new(aws.clone(), settings)
}

/// Two digests are one; if not, only the lines that differ are shown.
pub(crate) fn assert_same(found: &str, expected: &str, place: &str) {
    if found == expected {
        return;
    }
    let lines = |digest: &str| digest.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (found, expected) = (lines(found), lines(expected));
    let surplus: Vec<_> = found.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(
        surplus.is_empty() && missing.is_empty(),
        "AWS differs, {place}\n     found {surplus:#?}\n  expected {missing:#?}"
    );
}
