//! A cluster and the controller's part: it calls the provider until there is nothing to do, and publishes what it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use elbow::aws::api::{
    InstanceDescription, RouteTableDescription, SecurityGroupDescription, SubnetDescription, VpcDescription,
};
use elbow::aws::ids::{AllocationId, InstanceId, PrefixListId, SecurityGroupId, SubnetId, VpcId, WebAclArn};
use elbow::aws::provider::{AwsProvider, ProviderSettings};
use elbow::aws::settings::AwsSettings;
use elbow::aws::stack::{
    AddressType, ChosenAddresses, HealthCheck, HealthCheckPort, HealthCheckProtocol, IngressRule, LoadBalancer,
    LoadBalancerKind, ResourceName, RuleProtocol, RuleSource, Scheme, Surplus, Tags, TargetGroup, TargetProtocol,
};
use elbow::node::{Node, NodeSet};
use elbow::provider::{Deleted, Ensured, LoadBalancerProvider, ProviderError, Retry};
use elbow::service::{IpFamily, Owner, Port, Protocol, Service, ServicePort, SessionAffinity, TrafficPolicy};
use tokio::time::sleep;

use crate::aws::Aws;

pub(crate) const CLUSTER: &str = "blue";
pub(crate) const VPC: &str = "vpc-1";
pub(crate) const GRACE: Duration = Duration::from_secs(60);
pub(crate) const AUDIT_CALLS: u32 = 60;

/// The delay of [`Retry::Backoff`] and its like; only its order matters.
const BACKOFF: Duration = Duration::from_secs(5);
/// More rounds than any sequence needs.
const ROUNDS: usize = 60;
const ANNOTATION: &str = "service.beta.kubernetes.io/aws-load-balancer-";

/// A cluster in AWS, with resources of others beside it, and a provider that knows nothing yet.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) provider: AwsProvider<Aws>,
    pub(crate) nodes: NodeSet,
}

impl World {
    pub(crate) fn new() -> Self {
        let aws = Aws::default();
        build(&aws);
        Self {
            provider: provider(&aws),
            aws,
            nodes: nodes(1..=3),
        }
    }

    /// A world where all that Services share is known and made, so that only what is special to a Service costs calls.
    pub(crate) async fn warm() -> Self {
        let world = Self::new();
        world.serve(&mut service("warm", &[(81, 30081)])).await;
        world.aws.take_log();
        world
    }

    /// The process starts again: all memory is lost.
    pub(crate) fn restart(&mut self) {
        self.provider = provider(&self.aws);
    }

    pub(crate) async fn ensure(&self, service: &Service) -> Result<Ensured, ProviderError> {
        let service = self.accompanied(service.clone());
        self.provider.ensure(&service, &self.nodes).await
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
        match self.settle(service).await {
            Ok(ensured) => ensured,
            Err(error) => panic!("{} is not served after {ROUNDS} rounds: {error}", service.owner),
        }
    }

    /// Calls until there is nothing left to do, or, where that never comes, for long. Returns the last answer.
    pub(crate) async fn settle(&self, service: &mut Service) -> Result<Ensured, ProviderError> {
        for _ in 0..ROUNDS {
            match self.ensure(service).await {
                Ok(ensured) => {
                    service.published = Some(ensured.hostname.clone());
                    match ensured.recheck {
                        Some(recheck) => sleep(recheck).await,
                        None => return Ok(ensured),
                    }
                }
                Err(error) => sleep(delay(&error)).await,
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

    /// Calls until nothing is left.
    pub(crate) async fn remove(&self, service: &Service) -> Deleted {
        for _ in 0..ROUNDS {
            match self
                .provider
                .delete(&service.owner, &service.annotations, &self.nodes)
                .await
            {
                Ok(deleted) => return deleted,
                Err(error) => sleep(delay(&error)).await,
            }
        }
        panic!("{} is not deleted after {ROUNDS} rounds", service.owner);
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

fn delay(error: &ProviderError) -> Duration {
    match error.retry() {
        Retry::After(delay) => delay,
        Retry::Backoff | Retry::Slowly => BACKOFF,
        Retry::Never => panic!("nobody closes the fence here: {error}"),
    }
}

pub(crate) fn provider(aws: &Aws) -> AwsProvider<Aws> {
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
        replacement_grace: GRACE,
    };
    AwsProvider::new(aws.clone(), settings)
}

/// A Service with TCP ports, each with its nodePort.
pub(crate) fn service(name: &str, ports: &[(u16, u16)]) -> Service {
    Service {
        owner: Owner {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            uid: format!("uid-{name}"),
        },
        class: None,
        annotations: BTreeMap::new(),
        ports: ports
            .iter()
            .map(|(port, node_port)| service_port(Protocol::Tcp, *port, *node_port))
            .collect(),
        traffic_policy: TrafficPolicy::Cluster,
        health_check_node_port: None,
        source_ranges: Vec::new(),
        session_affinity: SessionAffinity::None,
        ip_families: Vec::new(),
        load_balancer_ip: None,
        published: None,
        companions: BTreeMap::new(),
    }
}

pub(crate) fn service_port(protocol: Protocol, port: u16, node_port: u16) -> ServicePort {
    ServicePort {
        name: Some(format!("{}-{port}", protocol.to_string().to_lowercase())),
        protocol,
        port: Port::new(port).unwrap(),
        node_port: Port::new(node_port),
        app_protocol: None,
    }
}

/// The same Service, to be served by an application load balancer.
pub(crate) fn alb(mut service: Service) -> Service {
    service.class = Some("elbow.dev/alb".to_owned());
    service
}

/// Sets an annotation; the key is what follows `aws-load-balancer-`.
pub(crate) fn annotate(service: &mut Service, key: &str, value: &str) {
    service
        .annotations
        .insert(format!("{ANNOTATION}{key}"), value.to_owned());
}

pub(crate) fn nodes(numbers: impl IntoIterator<Item = u8>) -> NodeSet {
    let node = |number: u8| Node {
        name: format!("node-{number}"),
        provider_id: format!("aws:///us-east-1a/{}", instance(number)),
        labels: text_map(&[("pool", "ingress")]),
    };
    NodeSet {
        nodes: numbers.into_iter().map(node).collect(),
    }
}

/// Two digests are one; if not, only the lines that differ are shown.
pub(crate) fn assert_same(found: &str, expected: &str, place: &str) {
    let lines = |digest: &str| digest.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (found, expected) = (lines(found), lines(expected));
    let surplus: Vec<_> = found.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(
        found == expected,
        "AWS differs, {place}\n     found {surplus:#?}\n  expected {missing:#?}"
    );
}

pub(crate) fn instance(number: u8) -> InstanceId {
    InstanceId::new(format!("i-{number:017x}"))
}

pub(crate) fn launch(aws: &Aws, number: u8, groups: &[&str]) {
    launch_tagged(aws, number, groups, "kubernetes.io/cluster/blue");
}

/// An instance of another cluster.
pub(crate) fn launch_foreign(aws: &Aws, number: u8) {
    launch_tagged(aws, number, &["sg-foreign"], "kubernetes.io/cluster/green");
}

fn launch_tagged(aws: &Aws, number: u8, groups: &[&str], tag: &str) {
    let id = instance(number);
    let description = InstanceDescription {
        id: id.clone(),
        vpc: Some(VpcId::new(VPC)),
        security_groups: groups.iter().map(|id| SecurityGroupId::new(*id)).collect(),
        terminated: false,
        tags: text_map(&[(tag, "owned")]),
    };
    aws.state().instances.insert(id, description);
}

pub(crate) fn add_group(aws: &Aws, id: &str, tags: &[(&str, &str)]) {
    let group = SecurityGroupDescription {
        id: SecurityGroupId::new(id),
        name: format!("{id} of somebody else"),
        description: "not elbow's".to_owned(),
        vpc: VpcId::new(VPC),
        rules: BTreeSet::from([foreign_rule()]),
        rule_descriptions: BTreeMap::from([(foreign_rule(), "by hand".to_owned())]),
        tags: text_map(tags),
    };
    aws.state().groups.insert(SecurityGroupId::new(id), group);
}

pub(crate) fn text_map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn foreign_rule() -> IngressRule {
    IngressRule {
        protocol: RuleProtocol::Tcp,
        from: 22,
        to: 22,
        source: RuleSource::Cidr("10.0.0.0/8".parse().unwrap()),
    }
}

/// Subnets with a network of both families each, as the examples of the annotations have them.
const SUBNETS: [(&str, &str, &str, &str); 6] = [
    (
        "subnet-0a0a0a0a0a0a0a0a0",
        "us-east-1a",
        "10.0.0.0/24",
        "2001:db8:0:1::/64",
    ),
    (
        "subnet-0b0b0b0b0b0b0b0b0",
        "us-east-1b",
        "10.0.1.0/24",
        "2001:db8:0:2::/64",
    ),
    (
        "subnet-0c0c0c0c0c0c0c0c0",
        "us-east-1c",
        "10.0.2.0/24",
        "2001:db8:0:3::/64",
    ),
    (
        "subnet-1a1a1a1a1a1a1a1a1",
        "us-east-1a",
        "10.0.10.0/24",
        "2001:db8:0:11::/64",
    ),
    (
        "subnet-1b1b1b1b1b1b1b1b1",
        "us-east-1b",
        "10.0.11.0/24",
        "2001:db8:0:12::/64",
    ),
    (
        "subnet-1c1c1c1c1c1c1c1c1",
        "us-east-1c",
        "10.0.12.0/24",
        "2001:db8:0:13::/64",
    ),
];

/// How many of them are private; the others are public.
const PRIVATE: usize = 3;

pub(crate) const ALLOCATIONS: [&str; 6] = [
    "eipalloc-0a0a0a0a0a0a0a0a0",
    "eipalloc-0b0b0b0b0b0b0b0b0",
    "eipalloc-0c0c0c0c0c0c0c0c0",
    "eipalloc-1a1a1a1a1a1a1a1a1",
    "eipalloc-1b1b1b1b1b1b1b1b1",
    "eipalloc-1c1c1c1c1c1c1c1c1",
];

pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a";
pub(crate) const OTHER_CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b-0000-4000-8000-0b0b0b0b0b0b";

pub(crate) const WEB_ACL: &str =
    "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a";

fn build(aws: &Aws) {
    for (index, (id, zone, ipv4, ipv6)) in SUBNETS.into_iter().enumerate() {
        let role = if index < PRIVATE { "internal-elb" } else { "elb" };
        let subnet = SubnetDescription {
            id: SubnetId::new(id),
            zone: zone.to_owned(),
            networks: [ipv4, ipv6].map(|network| network.parse().unwrap()).into(),
            free_addresses: 250,
            tags: text_map(&[(&format!("kubernetes.io/role/{role}"), "1")]),
        };
        aws.state().subnets.push((VpcId::new(VPC), subnet));
    }
    let vpc = VpcDescription {
        networks: ["10.0.0.0/16", "2001:db8::/56"]
            .map(|network| network.parse().unwrap())
            .into(),
    };
    aws.state().vpcs.insert(VpcId::new(VPC), vpc);
    aws.state().allocations = ALLOCATIONS.map(AllocationId::new).into();
    aws.state().prefix_lists = [PrefixListId::new("pl-0a0a0a0a0a0a0a0a0")].into();
    aws.state().web_acls = [WebAclArn::new(WEB_ACL)].into();
    aws.state().route_tables.push(RouteTableDescription {
        main: true,
        subnets: BTreeSet::new(),
        internet_gateway: false,
    });
    add_group(aws, "sg-nodes", &[]);
    add_group(aws, "sg-own", &[("Name", "own")]);
    add_group(aws, "sg-0f0f0f0f0f0f0f0f0", &[]);
    for number in 1..=9 {
        launch(aws, number, &["sg-nodes"]);
    }
    add_foreign_resources(aws);
}

/// What others have: nothing of it may ever change.
fn add_foreign_resources(aws: &Aws) {
    add_group(
        aws,
        "sg-foreign",
        &[("elbow.dev/cluster", "green"), ("elbow.dev/uid", "uid-web")],
    );
    let mut state = aws.state();
    let foreign = LoadBalancer {
        name: ResourceName::parse("foreign").unwrap(),
        explicit_name: false,
        kind: LoadBalancerKind::Network,
        scheme: Scheme::Internal,
        address_type: AddressType::Ipv4,
        subnets: BTreeMap::from([(SubnetId::new(SUBNETS[0].0), ChosenAddresses::default())]),
        ipv6_source_nat: false,
        security_groups: BTreeSet::new(),
        private_link_rules: true,
        attributes: BTreeMap::new(),
        capacity_units: 0,
        web_acl: None,
        tags: text_map(&[("elbow.dev/cluster", "green"), ("elbow.dev/uid", "uid-web")]),
    };
    state.add_load_balancer(&foreign);
    state.add_target_group(&TargetGroup {
        name: ResourceName::parse("foreign").unwrap(),
        protocol: TargetProtocol::Tcp,
        family: IpFamily::V4,
        port: Port::new(80).unwrap(),
        vpc: VpcId::new(VPC),
        health_check: health_check(),
        attributes: BTreeMap::new(),
        targets: BTreeSet::new(),
        surplus: Surplus::Leaves,
        tags: text_map(&[("team", "other")]),
    });
}

fn health_check() -> HealthCheck {
    HealthCheck {
        protocol: HealthCheckProtocol::Tcp,
        port: HealthCheckPort::Traffic,
        interval: 30,
        timeout: 10,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
    }
}
