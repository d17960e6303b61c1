//! What AWS holds now for one owner, in the vocabulary of [`crate::aws::stack`].

mod created;
mod find;
mod record;

use serde::{Deserialize, Serialize};

use crate::aws::api::CreatedLoadBalancer;
use crate::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::stack::{FrontendGroup, Listener, LoadBalancer, TargetGroup};

/// All resources that carry one owner's tags. Normally one load balancer; two during a replacement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// Load balancers, each with its listeners.
    pub load_balancers: Vec<ObservedLoadBalancer>,
    /// Target groups, attached or not.
    pub target_groups: Vec<ObservedTargetGroup>,
    /// Security groups; more than one only after a crash in an older version.
    pub security_groups: Vec<ObservedSecurityGroup>,
}

/// A load balancer that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedLoadBalancer {
    /// Its ARN.
    pub arn: LoadBalancerArn,
    /// Its DNS name, lower case.
    pub dns_name: String,
    /// Is it past `provisioning`?
    pub active: bool,
    /// Its settings. All groups are [`crate::aws::stack::GroupRef::Id`]; attributes left out have AWS' default.
    pub spec: LoadBalancer,
    /// Its listeners.
    pub listeners: Vec<ObservedListener>,
}

/// A listener that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedListener {
    /// Its ARN.
    pub arn: ListenerArn,
    /// Its settings as far as elbow knows such listeners; none where a person made something of another kind.
    pub spec: Option<Listener>,
    /// Its port, which AWS keeps unique within a load balancer (but for TCP and UDP, which elbow joins as TCP_UDP).
    pub port: crate::service::Port,
}

/// A target group that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedTargetGroup {
    /// Its ARN.
    pub arn: TargetGroupArn,
    /// Its settings and targets (draining ones left out); attributes left out have AWS' default.
    pub spec: TargetGroup,
}

/// A security group that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedSecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// Its settings and rules.
    pub spec: FrontendGroup,
}

/// What AWS answered to a [`crate::aws::plan::step::Step`] that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to remember but that it is done. Of a delete also: it was gone already.
    Done,
    /// To `CreateSecurityGroup`.
    SecurityGroup(SecurityGroupId),
    /// To `CreateTargetGroup`.
    TargetGroup(TargetGroupArn),
    /// To `CreateLoadBalancer`.
    LoadBalancer(CreatedLoadBalancer),
    /// To `CreateListener`.
    Listener(ListenerArn),
}

#[cfg(test)]
mod tests;
