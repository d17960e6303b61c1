//! ELBv2: how much of everything an account may have ("Quotas" in the user guides of both kinds of load balancers).

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::api::{ActionSettings, ListenerSettings};
use elbow::aws::ids::{LoadBalancerArn, TargetGroupArn};
use elbow::aws::quotas::Limits;
use elbow::aws::stack::{Attributes, IngressRule, LoadBalancerKind, RuleSource, Target};
use ipnet::IpNet;

use super::{Answer, State, require};

/// The quotas of the account; tests change them.
#[derive(Clone, Debug)]
pub(crate) struct Quotas {
    pub(crate) network_load_balancers: usize,
    pub(crate) application_load_balancers: usize,
    pub(crate) target_groups: usize,
    pub(crate) security_groups: usize,
    pub(crate) targets_of_group: usize,
    pub(crate) targets_of_network: usize,
    pub(crate) targets_of_network_in_zone: usize,
    pub(crate) targets_of_application: usize,
    /// Inbound rules of a security group for one family of addresses.
    pub(crate) rules_of_group: usize,
}

impl Default for Quotas {
    /// What every account has, but for what each Service takes one of: whoever has many Services has had those quotas raised.
    fn default() -> Self {
        Self {
            network_load_balancers: 10_000,
            application_load_balancers: 10_000,
            target_groups: 10_000,
            security_groups: 10_000,
            targets_of_group: 1000,
            targets_of_network: 3000,
            targets_of_network_in_zone: 500,
            targets_of_application: 1000,
            rules_of_group: 60,
        }
    }
}

impl State {
    pub(super) fn describe_account_limits(&self) -> Limits {
        let quotas = &self.quotas;
        let told = [
            ("network-load-balancers", quotas.network_load_balancers),
            ("application-load-balancers", quotas.application_load_balancers),
            ("targets-per-target-group", quotas.targets_of_group),
            ("targets-per-network-load-balancer", quotas.targets_of_network),
            (
                "targets-per-availability-zone-per-network-load-balancer",
                quotas.targets_of_network_in_zone,
            ),
            ("targets-per-application-load-balancer", quotas.targets_of_application),
        ];
        Limits::new(told.map(|(name, most)| (name.to_owned(), most)).into())
    }

    pub(super) fn check_another_load_balancer(&self, kind: LoadBalancerKind) -> Answer<()> {
        let most = match kind {
            LoadBalancerKind::Network => self.quotas.network_load_balancers,
            LoadBalancerKind::Application => self.quotas.application_load_balancers,
        };
        let count = self.load_balancers.values().filter(|known| known.kind == kind).count();
        require(
            count < most,
            "TooManyLoadBalancers",
            "the quota of load balancers is reached",
        )
    }

    /// May a security group hold these rules? Those that name a group or a prefix list count for both families.
    pub(super) fn check_rules(&self, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        let of_family = |other: fn(&IpNet) -> bool| {
            let counted = rules.iter().filter(|rule| match &rule.source {
                RuleSource::Cidr(network) => !other(network),
                RuleSource::Group(_) | RuleSource::PrefixList(_) => true,
            });
            counted.count()
        };
        let most = of_family(|network| matches!(network, IpNet::V6(_)))
            .max(of_family(|network| matches!(network, IpNet::V4(_))));
        require(
            most <= self.quotas.rules_of_group,
            "RulesPerSecurityGroupLimitExceeded",
            "too many rules",
        )
    }

    /// May a target group hold these targets?
    pub(super) fn check_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> Answer<()> {
        let fits = targets.len() <= self.quotas.targets_of_group;
        require(fits, "TooManyTargets", "the target group is full")?;
        let mut listeners = self.listeners.values();
        let Some(user) = listeners.find(|listener| listener.leads_to(arn)) else {
            return Ok(());
        };
        let mut groups = self.target_groups_behind(&user.load_balancer);
        groups.insert(arn, targets);
        self.check_load(&user.load_balancer, &groups)
    }

    /// May a listener of the load balancer do this, with the targets that its target groups have?
    pub(super) fn check_listener_load(&self, arn: &LoadBalancerArn, wanted: &ListenerSettings) -> Answer<()> {
        let mut groups = self.target_groups_behind(arn);
        if let ActionSettings::Forward { to, .. } = &wanted.action {
            groups.extend(to.keys().map(|group| (group, &self.target_groups[group].targets)));
        }
        self.check_load(arn, &groups)
    }

    fn target_groups_behind(&self, arn: &LoadBalancerArn) -> BTreeMap<&TargetGroupArn, &BTreeSet<Target>> {
        let listeners = self
            .listeners
            .values()
            .filter(|listener| listener.load_balancer == *arn);
        let groups = listeners.flat_map(|listener| listener.target_groups());
        groups
            .map(|group| (group, &self.target_groups[group].targets))
            .collect()
    }

    fn check_load(&self, arn: &LoadBalancerArn, groups: &BTreeMap<&TargetGroupArn, &BTreeSet<Target>>) -> Answer<()> {
        let quotas = &self.quotas;
        let known = &self.load_balancers[arn];
        let all: usize = groups.values().map(|targets| targets.len()).sum();
        let crosses = is_across_zones(&known.attributes)
            || groups
                .keys()
                .any(|group| is_across_zones(&self.target_groups[*group].attributes));
        let mut zones: BTreeMap<Option<&String>, usize> = BTreeMap::new();
        for target in groups.values().copied().flatten() {
            let zone = self
                .instances
                .get(&target.instance)
                .and_then(|found| found.zone.as_ref());
            *zones.entry(zone).or_default() += 1;
        }
        let fits = match known.kind {
            LoadBalancerKind::Application => all <= quotas.targets_of_application,
            LoadBalancerKind::Network if crosses => all <= quotas.targets_of_network_in_zone,
            LoadBalancerKind::Network => {
                let fullest = zones.values().max().copied().unwrap_or_default();
                all <= quotas.targets_of_network && fullest <= quotas.targets_of_network_in_zone
            }
        };
        require(fits, "TooManyTargets", "the load balancer is full")
    }
}

fn is_across_zones(attributes: &Attributes) -> bool {
    attributes
        .get("load_balancing.cross_zone.enabled")
        .is_some_and(|value| value == "true")
}
