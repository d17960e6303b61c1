//! All that AWS holds as text, with names in the place of ids, so that two histories can be compared.

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::api::ActionSettings;
use elbow::aws::ids::{SecurityGroupId, TargetGroupArn};
use elbow::aws::stack::{ChosenAddresses, IngressRule, RuleSource};
use elbow::service::Port;

use super::{Aws, Listener, LoadBalancer, State, TargetGroup};

impl Aws {
    /// A line for each resource, in the order of their names.
    pub(crate) fn digest(&self) -> String {
        let state = self.state();
        let mut lines: Vec<String> = Vec::new();
        for (arn, known) in &state.load_balancers {
            let listeners = state
                .listeners
                .values()
                .filter(|listener| listener.load_balancer == *arn);
            lines.push(state.load_balancer_line(known));
            lines.extend(listeners.map(|listener| state.listener_line(known, listener)));
        }
        lines.extend(state.target_groups.values().map(target_group_line));
        for group in state.groups.values() {
            let open = state.open_ports(&group.rules);
            lines.push(format!(
                "group {} {} {open:?} {:?}",
                group.name, group.description, group.tags
            ));
        }
        lines.sort();
        lines.join("\n")
    }

    /// As [`Aws::digest`], without what may depend on history: hashes in generated names, which tell a load balancer from
    /// the one that it replaced, and addresses that stay though nobody asks for them any more.
    pub(crate) fn shape(&self) -> String {
        let forgetful = Aws::default();
        *forgetful.state() = self.state().forgetful();
        let digest = forgetful.digest();
        let mut parts = digest.split("k8s-shop-web-");
        let mut shape = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            shape.push_str("k8s-shop-web-#");
            shape.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
        }
        shape
    }

    /// As [`Aws::digest`], of what belongs to others: nothing that is named after or tagged for this cluster.
    pub(crate) fn foreign_digest(&self, cluster: &str) -> String {
        let aws = Aws::default();
        *aws.state() = self.state().foreign_part();
        let digest = aws.digest();
        let lines: Vec<&str> = digest.lines().filter(|line| !line.contains(cluster)).collect();
        lines.join("\n")
    }
}

impl State {
    /// A copy without addresses that AWS may have chosen.
    fn forgetful(&self) -> Self {
        let mut load_balancers = self.load_balancers.clone();
        for chosen in load_balancers.values_mut().flat_map(|known| known.subnets.values_mut()) {
            *chosen = ChosenAddresses {
                allocation: chosen.allocation.take(),
                ..ChosenAddresses::default()
            };
        }
        Self {
            load_balancers,
            groups: self.groups.clone(),
            listeners: self.listeners.clone(),
            target_groups: self.target_groups.clone(),
            ..Self::default()
        }
    }

    /// A copy without the rules that name a group of elbow's, or are described as elbow's.
    fn foreign_part(&self) -> Self {
        let names_ours = |rule: &IngressRule| match &rule.source {
            RuleSource::Group(id) => self.group_name(id).starts_with("k8s-"),
            _ => false,
        };
        let mut groups = self.groups.clone();
        for group in groups.values_mut() {
            let descriptions = &group.rule_descriptions;
            let is_ours = |rule: &IngressRule| {
                let description = descriptions.get(rule).map_or("", String::as_str);
                names_ours(rule) || description.starts_with("elbow")
            };
            group.rules.retain(|rule| !is_ours(rule));
        }
        Self {
            groups,
            load_balancers: self.load_balancers.clone(),
            listeners: self.listeners.clone(),
            target_groups: self.target_groups.clone(),
            ..Self::default()
        }
    }

    fn load_balancer_line(&self, known: &LoadBalancer) -> String {
        let mut attributes = known.attributes.clone();
        // Where nothing is logged, it does not matter where to; and AWS takes no empty name for a bucket.
        for log in ["access_logs", "connection_logs", "health_check_logs"] {
            let enabled = attributes.get(&format!("{log}.s3.enabled"));
            if enabled.is_some_and(|enabled| enabled == "false") {
                attributes.remove(&format!("{log}.s3.bucket"));
                attributes.remove(&format!("{log}.s3.prefix"));
            }
        }
        let groups: BTreeSet<String> = known.groups.iter().map(|id| self.group_name(id)).collect();
        format!(
            "load balancer {} {} {} {} {:?} nat {} {groups:?} {} {:?} {} {:?} {:?}",
            known.name,
            known.scheme,
            known.kind,
            known.address_type,
            known.subnets,
            known.ipv6_source_nat,
            known.private_link_rules,
            attributes,
            known.capacity_units,
            known.web_acl,
            known.tags
        )
    }

    fn listener_line(&self, owner: &LoadBalancer, known: &Listener) -> String {
        let settings = &known.settings;
        let action = match &settings.action {
            ActionSettings::Redirect(redirect) => format!("redirect to {}", redirect.port),
            ActionSettings::Forward { to, stickiness } => {
                let weighted = |(arn, weight): (&TargetGroupArn, &u16)| {
                    let group = self.target_groups.get(arn);
                    let ports: BTreeSet<_> = group.into_iter().flat_map(TargetGroup::ports).collect();
                    let name = group.map_or_else(|| arn.to_string(), |group| group.name.clone());
                    (*weight, ports, name)
                };
                let to: BTreeSet<_> = to.iter().map(weighted).collect();
                format!("{to:?} {stickiness:?}")
            }
        };
        format!(
            "listener {} {} {} {action} {:?} {:?} {:?} {} {:?} {:?}",
            owner.name,
            settings.port,
            settings.protocol,
            settings.certificate,
            known.more_certificates,
            settings.ssl_policy,
            settings.alpn,
            known.attributes,
            known.tags
        )
    }

    /// What the rules open, however they cut it into ranges.
    fn open_ports(&self, rules: &BTreeSet<IngressRule>) -> BTreeMap<String, Vec<(u16, u16)>> {
        let mut open: BTreeMap<String, Vec<(u16, u16)>> = BTreeMap::new();
        // The set is ordered by protocol and first port.
        for rule in rules {
            let source = match &rule.source {
                RuleSource::Group(id) => self.group_name(id),
                other => format!("{other:?}"),
            };
            let ranges = open.entry(format!("{:?} {source}", rule.protocol)).or_default();
            match ranges.last_mut() {
                Some(last) if rule.from <= last.1.saturating_add(1) => last.1 = last.1.max(rule.to),
                _ => ranges.push((rule.from, rule.to)),
            }
        }
        open
    }

    fn group_name(&self, id: &SecurityGroupId) -> String {
        self.groups
            .get(id)
            .map_or_else(|| id.to_string(), |group| group.name.clone())
    }
}

impl TargetGroup {
    fn ports(&self) -> impl Iterator<Item = Port> {
        self.targets.iter().map(|target| target.port)
    }
}

fn target_group_line(known: &TargetGroup) -> String {
    let targets: BTreeSet<String> = known.targets.iter().map(ToString::to_string).collect();
    format!(
        "target group {} {} {} {:?} {:?} {:?} {:?} {:?}",
        known.name,
        known.vpc,
        known.settings.protocol,
        known.settings.family,
        known.settings.health_check,
        known.attributes,
        targets,
        known.tags
    )
}
