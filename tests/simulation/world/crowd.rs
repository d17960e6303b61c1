//! Many nodes, in zones.

use std::ops::Range;

use elbow::aws::api::InstanceDescription;
use elbow::aws::ids::{InstanceId, SecurityGroupId, VpcId};
use elbow::node::{Node, NodeSet};

use super::{VPC, text_map};
use crate::aws::Aws;

/// Zones that nodes are in by turns.
pub(crate) const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];

pub(crate) fn zone(number: u16) -> &'static str {
    ZONES[usize::from(number) % ZONES.len()]
}

/// Apart from those of [`super::instance`].
pub(crate) fn crowd_instance(number: u16) -> InstanceId {
    InstanceId::new(format!("i-1{number:016x}"))
}

/// Nodes with instances of their own; every other one has no label that tells its zone.
pub(crate) fn crowd(aws: &Aws, numbers: Range<u16>) -> NodeSet {
    let node = |number: u16| {
        let id = crowd_instance(number);
        let description = InstanceDescription {
            id: id.clone(),
            vpc: Some(VpcId::new(VPC)),
            zone: Some(zone(number).to_owned()),
            security_groups: [SecurityGroupId::new("sg-nodes")].into(),
            terminated: false,
            tags: text_map(&[("kubernetes.io/cluster/blue", "owned")]),
        };
        aws.state().instances.insert(id.clone(), description);
        let labels = [("topology.kubernetes.io/zone", zone(number))];
        let labels = if number.is_multiple_of(2) { &labels[..] } else { &[] };
        Node {
            name: format!("crowd-{number:05}"),
            provider_id: format!("aws:///{}/{id}", zone(number)),
            labels: text_map(labels),
        }
    };
    NodeSet {
        nodes: numbers.map(node).collect(),
    }
}
