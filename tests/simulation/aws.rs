//! AWS in memory, as strict as the real one where that matters: whole calls are refused for one bad part, creates are
//! idempotent, resources in use stay, a target group serves one load balancer. Clones share one state.

mod addresses;
mod api;
mod attributes;
mod call;
mod catalog;
mod delays;
mod dice;
mod digest;
mod ec2;
mod elbv2;
mod extras;
mod faults;
mod forwarding;
mod hand;
mod history;
mod limits;
mod listeners;
mod quotas;
mod targets;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use elbow::aws::api::{
    InstanceDescription, ListenerSettings, RouteTableDescription, SecurityGroupDescription, SubnetDescription,
    TargetGroupSettings, VpcDescription,
};
use elbow::aws::ids::{
    AllocationId, CertificateArn, InstanceId, ListenerArn, LoadBalancerArn, PrefixListId, SecurityGroupId, SubnetId,
    TargetGroupArn, VpcId, WebAclArn,
};
use elbow::aws::stack::{AddressType, Attributes, ChosenAddresses, LoadBalancerKind, Scheme, Tags, Target};
use tokio::sync::Notify;
use tokio::time::Instant;

use call::Late;
pub(crate) use delays::Delays;
pub(crate) use dice::Dice;
use faults::Faults;
pub(crate) use faults::{Fault, Weather};
use history::History;
pub(crate) use limits::Limits;
pub(crate) use quotas::Quotas;
use watch::Watch;

use crate::cluster::Door;

/// The whole of AWS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aws {
    state: Arc<Mutex<State>>,
    crashed: Arc<Notify>,
    /// Through which the calls of a process go; none where they are not sent over a network.
    door: Option<Arc<Door>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    made: u64,
    pub(crate) vpcs: BTreeMap<VpcId, VpcDescription>,
    pub(crate) subnets: Vec<(VpcId, SubnetDescription)>,
    pub(crate) route_tables: Vec<RouteTableDescription>,
    pub(crate) instances: BTreeMap<InstanceId, InstanceDescription>,
    pub(crate) groups: BTreeMap<SecurityGroupId, SecurityGroupDescription>,
    /// Elastic IP addresses of the account.
    pub(crate) allocations: BTreeSet<AllocationId>,
    pub(crate) prefix_lists: BTreeSet<PrefixListId>,
    pub(crate) web_acls: BTreeSet<WebAclArn>,
    /// The quotas of the account.
    pub(crate) quotas: Quotas,
    pub(crate) load_balancers: BTreeMap<LoadBalancerArn, LoadBalancer>,
    pub(crate) listeners: BTreeMap<ListenerArn, Listener>,
    pub(crate) target_groups: BTreeMap<TargetGroupArn, TargetGroup>,
    /// How long a new load balancer is `provisioning`.
    pub(crate) provisioning: Duration,
    /// How long the network interfaces of a deleted load balancer hold its groups and addresses.
    pub(crate) release: Duration,
    pub(crate) delays: Delays,
    releasing: Vec<Releasing>,
    /// Since when each security group is there that was made by a call.
    made_groups: BTreeMap<SecurityGroupId, Instant>,
    log: Vec<&'static str>,
    refusals: Vec<String>,
    blackouts: Vec<String>,
    faults: Faults,
    late: Vec<Late>,
    history: History,
    watch: Watch,
    /// How many calls AWS takes.
    pub(crate) limits: Limits,
}

#[derive(Clone, Debug)]
pub(crate) struct LoadBalancer {
    pub(crate) name: String,
    pub(crate) kind: LoadBalancerKind,
    pub(crate) scheme: Scheme,
    pub(crate) vpc: VpcId,
    pub(crate) address_type: AddressType,
    pub(crate) subnets: BTreeMap<SubnetId, ChosenAddresses>,
    pub(crate) ipv6_source_nat: bool,
    pub(crate) groups: BTreeSet<SecurityGroupId>,
    pub(crate) private_link_rules: bool,
    pub(crate) attributes: Attributes,
    pub(crate) capacity_units: u32,
    pub(crate) web_acl: Option<WebAclArn>,
    pub(crate) tags: Tags,
    pub(crate) dns_name: String,
    active_from: Instant,
}

/// What a deleted load balancer still holds.
#[derive(Clone, Debug)]
struct Releasing {
    deleted: Instant,
    until: Instant,
    name: String,
    target_groups: BTreeSet<TargetGroupArn>,
    groups: BTreeSet<SecurityGroupId>,
    allocations: BTreeSet<AllocationId>,
}

#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) load_balancer: LoadBalancerArn,
    pub(crate) settings: ListenerSettings,
    pub(crate) more_certificates: BTreeSet<CertificateArn>,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug)]
pub(crate) struct TargetGroup {
    pub(crate) name: String,
    pub(crate) vpc: VpcId,
    pub(crate) settings: TargetGroupSettings,
    pub(crate) attributes: Attributes,
    pub(crate) targets: BTreeSet<Target>,
    pub(crate) draining: BTreeSet<Target>,
    pub(crate) tags: Tags,
}

/// How an operation ends before AWS adds the name of the action.
pub(crate) type Answer<T> = Result<T, (&'static str, String)>;

/// A refusal.
pub(crate) fn refuse<T>(code: &'static str, message: impl Into<String>) -> Answer<T> {
    Err((code, message.into()))
}

/// A refusal unless it holds.
pub(crate) fn require(holds: bool, code: &'static str, message: &str) -> Answer<()> {
    if holds { Ok(()) } else { refuse(code, message) }
}

impl Aws {
    /// The state, to build a world or look at it.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The same AWS, for a process.
    pub(crate) fn through(&self, door: Door) -> Self {
        Self {
            door: Some(Arc::new(door)),
            ..self.clone()
        }
    }

    /// How many calls there were, for as long as nobody takes the log.
    pub(crate) fn count(&self) -> usize {
        self.state().log.len()
    }

    /// Actions called since the last time this was asked.
    pub(crate) fn take_log(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().log)
    }

    /// What AWS has refused of itself: nothing, where nobody interferes.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.state().refusals.clone()
    }

    /// When a listener was left, or made, with a target group of ours that has no target: never, where there are nodes.
    pub(crate) fn blackouts(&self) -> Vec<String> {
        self.state().blackouts.clone()
    }

    /// Lets the call with this number, counted from now on from 0, end otherwise than well.
    pub(crate) fn fail(&self, call: usize, fault: Fault) {
        let mut state = self.state();
        let number = state.log.len() + call;
        if matches!(fault, Fault::Stale(_)) {
            state.history.keep();
        }
        state.faults.set(number, fault);
    }

    /// From now on a share of all calls fails.
    pub(crate) fn set_weather(&self, weather: Weather) {
        self.state().faults.set_weather(weather);
    }

    /// From now on nothing happens to any call.
    pub(crate) fn calm(&self) {
        self.state().faults = Faults::default();
    }

    /// For so long every call is told this code, and nothing is done.
    pub(crate) fn refuse_for(&self, time: Duration, code: &'static str) {
        self.state().faults.refuse_until(Instant::now() + time, code);
    }

    /// Calls so far, since the log was last taken.
    pub(crate) fn calls(&self) -> usize {
        self.state().log.len()
    }

    /// From now on a fault that does not suit its call does not happen to it.
    pub(crate) fn keep_faults_to(&self, suits: fn(&str, &Fault) -> bool) {
        self.state().faults.keep_to(suits);
    }

    /// Has the fault not happened yet? Takes it away.
    pub(crate) fn is_fault_left(&self) -> bool {
        self.state().faults.clear()
    }

    /// Ends when a fault of a kind that kills the process happens.
    pub(crate) async fn crash(&self) {
        self.crashed.notified().await;
    }
}

impl State {
    fn new_id(&mut self) -> String {
        self.made += 1;
        format!("{:017x}", self.made)
    }
}
