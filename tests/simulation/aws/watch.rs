//! Watches every call: what elbow must never do, whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use elbow::aws::stack::{IngressRule, RuleSource, Tags};
use elbow::service::Owner;

use super::{Aws, State};

const CLUSTER: &str = "elbow.dev/cluster";
const UID: &str = "elbow.dev/uid";
/// How generated names begin: others are chosen by a user, who chose the gap of a replacement with them.
const GENERATED: &str = "k8s-";

/// What a write changes.
pub(super) enum On<'a> {
    New(&'a Tags),
    LoadBalancer(&'a LoadBalancerArn),
    TargetGroup(&'a TargetGroupArn),
    Listener(&'a ListenerArn),
    Group(&'a SecurityGroupId),
    NewRules(&'a SecurityGroupId, &'a BTreeSet<IngressRule>, &'a str),
    Rules(&'a SecurityGroupId, &'a BTreeSet<IngressRule>),
    Arn(&'a str),
}

/// What is known of elbow's promises, and where it broke them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    cluster: String,
    /// What the status of each Service says, by UID.
    published: BTreeMap<String, String>,
    /// The most load balancers that a Service had at once, by UID.
    most: BTreeMap<String, usize>,
    breaches: Vec<String>,
    /// May a new listener have no targets yet? So it is where their registration has to wait for AWS' rate.
    pub(super) listens_first: bool,
}

impl Aws {
    /// All that is done from now on is done for this cluster.
    pub(crate) fn belong_to(&self, cluster: &str) {
        self.state().watch.cluster = cluster.to_owned();
    }

    /// From now on a new listener may stand before its targets do.
    pub(crate) fn may_listen_first(&self) {
        self.state().watch.listens_first = true;
    }

    /// The status of a Service says this already.
    pub(crate) fn note_published(&self, owner: &Owner, hostname: &str) {
        let mut state = self.state();
        state.watch.published.insert(owner.uid.clone(), hostname.to_owned());
    }

    /// The status of a Service says this from now on.
    pub(crate) fn publish(&self, owner: &Owner, hostname: &str) {
        let mut state = self.state();
        let stands = state.has(owner, hostname);
        // Whoever has just started knows no more than AWS shows; the audit tells the rest.
        let is_shown = state.past(None).is_some_and(|past| past.has(owner, hostname));
        if !stands && !is_shown {
            let breach = format!("{hostname} is told, which no load balancer of {owner} has");
            state.watch.breaches.push(breach);
        }
        state.watch.published.insert(owner.uid.clone(), hostname.to_owned());
    }

    /// What the status of a Service says.
    pub(crate) fn published(&self, owner: &Owner) -> Option<String> {
        self.state().watch.published.get(&owner.uid).cloned()
    }

    /// The Service is about to go, and with it its status.
    pub(crate) fn unpublish(&self, owner: &Owner) {
        self.state().watch.published.remove(&owner.uid);
    }

    /// The Service is said to have nothing any more.
    pub(crate) fn note_gone(&self, owner: &Owner) {
        let mut state = self.state();
        let left = state.held_by(&owner.uid);
        if !left.is_empty() {
            let breach = format!("{owner} is said to be gone, and has {left:?}");
            state.watch.breaches.push(breach);
        }
    }

    /// Where elbow broke a promise: nowhere.
    pub(crate) fn breaches(&self) -> Vec<String> {
        self.state().watch.breaches.clone()
    }

    /// The most load balancers that each Service had at once, by UID.
    pub(crate) fn most_at_once(&self) -> BTreeMap<String, usize> {
        self.state().watch.most.clone()
    }
}

impl State {
    /// Only what is this cluster's is written to, and what is made carries its tags. On groups of others only rules come and
    /// go that are elbow's.
    pub(super) fn watch_write(&mut self, action: &str, on: &On<'_>) {
        if self.watch.cluster.is_empty() {
            return;
        }
        if !self.may_write(on) {
            self.watch
                .breaches
                .push(format!("{action} of what is not this cluster's"));
        }
        if let On::LoadBalancer(arn) = on
            && action.ends_with(":DeleteLoadBalancer")
            && let Some(name) = self.published_name(arn)
        {
            self.watch
                .breaches
                .push(format!("{action} of {name}, to which clients are led"));
        }
    }

    fn may_write(&self, on: &On<'_>) -> bool {
        match on {
            On::New(tags) => self.is_ours(tags) && (tags.contains_key(UID) || tags.contains_key("elbow.dev/resource")),
            On::LoadBalancer(arn) => self
                .load_balancers
                .get(arn)
                .is_none_or(|known| self.is_ours(&known.tags)),
            On::TargetGroup(arn) => self
                .target_groups
                .get(arn)
                .is_none_or(|known| self.is_ours(&known.tags)),
            On::Listener(arn) => match self.listeners.get(arn) {
                Some(known) => self.may_write(&On::LoadBalancer(&known.load_balancer)),
                None => true,
            },
            On::Group(id) => self.groups.get(id).is_none_or(|known| self.is_ours(&known.tags)),
            On::NewRules(id, rules, description) => {
                self.may_write(&On::Group(id))
                    || rules
                        .iter()
                        .all(|rule| self.is_from_ours(rule) || description.starts_with("elbow"))
            }
            On::Rules(id, rules) => {
                let described = |rule: &IngressRule| {
                    let text = self.groups.get(id).and_then(|group| group.rule_descriptions.get(rule));
                    text.is_some_and(|text| text.starts_with("elbow"))
                };
                self.may_write(&On::Group(id)) || rules.iter().all(|rule| self.is_from_ours(rule) || described(rule))
            }
            On::Arn(arn) => self.may_write_arn(arn),
        }
    }

    fn may_write_arn(&self, arn: &str) -> bool {
        self.may_write(&On::LoadBalancer(&LoadBalancerArn::new(arn)))
            && self.may_write(&On::TargetGroup(&TargetGroupArn::new(arn)))
            && self.may_write(&On::Listener(&ListenerArn::new(arn)))
    }

    fn is_ours(&self, tags: &Tags) -> bool {
        tags.get(CLUSTER) == Some(&self.watch.cluster)
    }

    fn is_from_ours(&self, rule: &IngressRule) -> bool {
        match &rule.source {
            RuleSource::Group(id) => self.groups.get(id).is_none_or(|group| self.is_ours(&group.tags)),
            _ => false,
        }
    }

    fn published_name(&self, arn: &LoadBalancerArn) -> Option<String> {
        let known = self.load_balancers.get(arn)?;
        let published = self.watch.published.get(known.tags.get(UID)?)?;
        (*published == known.dns_name && known.name.starts_with(GENERATED)).then(|| known.name.clone())
    }

    /// Counts the load balancers of a Service that has just got one.
    pub(super) fn watch_number(&mut self, tags: &Tags) {
        let Some(uid) = tags.get(UID).filter(|_| self.is_ours(tags)) else {
            return;
        };
        let own = self.load_balancers.values();
        let own = own.filter(|known| self.is_ours(&known.tags) && known.tags.get(UID) == Some(uid));
        let count = own.count();
        let most = self.watch.most.entry(uid.clone()).or_default();
        *most = count.max(*most);
    }

    /// Does a load balancer of this Service have the name?
    fn has(&self, owner: &Owner, hostname: &str) -> bool {
        let mut standing = self.load_balancers.values();
        standing.any(|known| known.dns_name == hostname && known.tags.get(UID) == Some(&owner.uid))
    }

    fn held_by(&self, uid: &str) -> Vec<String> {
        let is_its = |tags: &Tags| self.is_ours(tags) && tags.get(UID).is_some_and(|known| known == uid);
        let load_balancers = self.load_balancers.values().map(|known| (&known.name, &known.tags));
        let target_groups = self.target_groups.values().map(|known| (&known.name, &known.tags));
        let groups = self.groups.values().map(|known| (&known.name, &known.tags));
        let all = load_balancers.chain(target_groups).chain(groups);
        all.filter(|(_, tags)| is_its(tags))
            .map(|(name, _)| name.clone())
            .collect()
    }
}
