//! ELBv2: target groups and targets.

use std::collections::BTreeSet;

use elbow::aws::api::{TargetDescription, TargetGroupDescription, TargetGroupSettings};
use elbow::aws::ids::TargetGroupArn;
use elbow::aws::stack::{self, HealthCheck, HealthCheckProtocol, HttpVersion, Matcher, Target, TargetProtocol};

use super::{Answer, State, TargetGroup, catalog, refuse, require};

impl State {
    pub(super) fn describe_target_groups(&self) -> Vec<TargetGroupDescription> {
        let describe = |(arn, known): (&TargetGroupArn, &TargetGroup)| TargetGroupDescription {
            arn: arn.clone(),
            name: known.name.clone(),
            vpc: Some(known.vpc.clone()),
            settings: Some(known.settings.clone()),
        };
        self.target_groups.iter().map(describe).collect()
    }

    pub(super) fn create_target_group(&mut self, wanted: &stack::TargetGroup) -> Answer<TargetGroupArn> {
        check_probe(wanted.protocol, &wanted.health_check)?;
        let settings = TargetGroupSettings {
            protocol: wanted.protocol,
            family: wanted.family,
            port: wanted.port,
            health_check: wanted.health_check.clone(),
        };
        let mut known = self.target_groups.iter();
        if let Some((arn, known)) = known.find(|(_, known)| known.name == wanted.name.as_str()) {
            let same = known.settings == settings && known.vpc == wanted.vpc && known.tags == wanted.tags;
            require(same, "DuplicateTargetGroupName", "a target group with that name exists")?;
            return Ok(arn.clone());
        }
        let count = self.target_groups.len();
        require(
            count < self.quotas.target_groups,
            "TooManyTargetGroups",
            "the quota of target groups is used up",
        )?;
        let id = self.new_id();
        let arn = TargetGroupArn::new(format!("arn:aws:elasticloadbalancing:targetgroup/{}/{id}", wanted.name));
        let made = TargetGroup {
            name: wanted.name.to_string(),
            vpc: wanted.vpc.clone(),
            settings,
            attributes: catalog::target_group_attributes(wanted.protocol),
            targets: BTreeSet::new(),
            draining: BTreeSet::new(),
            tags: wanted.tags.clone(),
        };
        self.target_groups.insert(arn.clone(), made);
        Ok(arn)
    }

    pub(super) fn modify_health_check(&mut self, arn: &TargetGroupArn, wanted: &HealthCheck) -> Answer<()> {
        let settings = &mut self.target_group_mut(arn)?.settings;
        check_probe(settings.protocol, wanted)?;
        settings.health_check = wanted.clone();
        Ok(())
    }

    pub(super) fn delete_target_group(&mut self, arn: &TargetGroupArn) -> Answer<()> {
        let used = self.listeners.values().any(|listener| listener.leads_to(arn));
        let end = self.delays.listener_end;
        let mut gone = self.releasing.iter();
        let lingers = gone.any(|gone| gone.target_groups.contains(arn) && gone.deleted.elapsed() < end);
        require(!used && !lingers, "ResourceInUse", "a listener uses the target group")?;
        self.target_groups.remove(arn);
        Ok(())
    }

    /// One instance that cannot be a target fails the whole call.
    pub(super) fn register(&mut self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> Answer<()> {
        let vpc = self.target_group_mut(arn)?.vpc.clone();
        for target in targets {
            let found = self.instances.get(&target.instance);
            let fits = found.is_some_and(|found| !found.terminated && found.vpc.as_ref() == Some(&vpc));
            require(
                fits,
                "InvalidTarget",
                &format!("{} cannot be a target", target.instance),
            )?;
        }
        let all = self.target_groups[arn].targets.union(targets).cloned().collect();
        self.check_targets(arn, &all)?;
        let known = self.target_group_mut(arn)?;
        known.draining.retain(|target| !targets.contains(target));
        known.targets.extend(targets.iter().cloned());
        Ok(())
    }

    pub(super) fn deregister(&mut self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> Answer<()> {
        let known = self.target_group_mut(arn)?;
        for target in targets {
            if known.targets.remove(target) {
                known.draining.insert(target.clone());
            }
        }
        if self.listeners.values().any(|listener| listener.leads_to(arn)) {
            self.note_if_empty(arn);
        }
        Ok(())
    }

    /// Clients that are led to a target group of elbow's without targets are not served.
    pub(super) fn note_if_empty(&mut self, arn: &TargetGroupArn) {
        let found = self.target_groups.get(arn);
        let empty = found.filter(|known| known.targets.is_empty() && known.tags.contains_key("elbow.dev/uid"));
        if let Some(name) = empty.map(|known| known.name.clone()) {
            self.blackouts.push(name);
        }
    }

    pub(super) fn describe_targets(&mut self, arn: &TargetGroupArn) -> Answer<Vec<TargetDescription>> {
        let known = self.target_group_mut(arn)?;
        let describe = |target: &Target, state: &str| TargetDescription {
            target: target.clone(),
            state: state.to_owned(),
            reason: String::new(),
            description: String::new(),
        };
        let registered = known.targets.iter().map(|target| describe(target, "healthy"));
        let draining = known.draining.iter().map(|target| describe(target, "draining"));
        Ok(registered.chain(draining).collect())
    }

    pub(crate) fn target_group_mut(&mut self, arn: &TargetGroupArn) -> Answer<&mut TargetGroup> {
        match self.target_groups.get_mut(arn) {
            Some(known) => Ok(known),
            None => refuse("TargetGroupNotFound", format!("{arn} does not exist")),
        }
    }
}

/// Behind an application load balancer targets are probed by HTTP, and gRPC ones by gRPC's codes.
fn check_probe(protocol: TargetProtocol, check: &HealthCheck) -> Answer<()> {
    let codes = match &check.protocol {
        HealthCheckProtocol::Tcp => None,
        HealthCheckProtocol::Http { matcher, .. } | HealthCheckProtocol::Https { matcher, .. } => Some(matcher),
    };
    let fits = match (protocol, codes) {
        (TargetProtocol::Http(HttpVersion::Grpc) | TargetProtocol::Https(HttpVersion::Grpc), codes) => {
            matches!(codes, Some(Matcher::Grpc(_)))
        }
        (TargetProtocol::Http(_) | TargetProtocol::Https(_), codes) => matches!(codes, Some(Matcher::Http(_))),
        (_, codes) => !matches!(codes, Some(Matcher::Grpc(_))),
    };
    require(
        fits,
        "InvalidConfigurationRequest",
        "a health check of another protocol",
    )?;
    let http_behind_alb = matches!(protocol, TargetProtocol::Http(_) | TargetProtocol::Https(_));
    require(
        check.timeout < check.interval || (!http_behind_alb && check.timeout == check.interval),
        "ValidationError",
        "a probe takes longer than the interval",
    )
}
