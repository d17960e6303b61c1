//! The stable node set of Kubernetes' own service controller (KEP-3458): a node joins when it is first Ready, and stays
//! until it goes for good. Whether it is healthy is the load balancer's health check to say: taking targets out on every
//! hiccup would cut live connections and flood the cloud's API.

mod eligible;
mod gather;
mod watch;

pub use watch::{NodeWatch, Published};

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as k8s;
use kube::ResourceExt;
use kube::runtime::watcher::Event;

use crate::node::{Node, NodeSet};

/// The nodes that are targets, kept up to date by watch events. Remembers who has joined.
#[derive(Debug, Default)]
pub struct StableNodes {
    members: BTreeMap<String, Member>,
    /// While the watch lists anew: what it has listed so far.
    relisted: Option<BTreeMap<String, Member>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    uid: String,
    node: Node,
}

impl StableNodes {
    /// Takes in an event; says whether the set has changed. During a relist it stays until the list is complete.
    pub fn apply(&mut self, event: Event<k8s::Node>) -> bool {
        match event {
            Event::Init => {
                self.relisted = Some(BTreeMap::new());
                false
            }
            Event::InitApply(node) => {
                if let Some(member) = self.member(&node)
                    && let Some(listed) = &mut self.relisted
                {
                    listed.insert(member.node.name.clone(), member);
                }
                false
            }
            Event::InitDone => {
                let listed = self.relisted.take().unwrap_or_default();
                std::mem::replace(&mut self.members, listed) != self.members
            }
            Event::Apply(node) => self.set(node.name_any(), self.member(&node)),
            Event::Delete(node) => self.set(node.name_any(), None),
        }
    }

    fn set(&mut self, name: String, member: Option<Member>) -> bool {
        if self.members.get(&name) == member.as_ref() {
            return false;
        }
        match member {
            Some(member) => self.members.insert(name, member),
            None => self.members.remove(&name),
        };
        true
    }

    /// The set as it is now.
    #[must_use]
    pub fn current(&self) -> NodeSet {
        NodeSet {
            nodes: self.members.values().map(|member| member.node.clone()).collect(),
        }
    }

    fn member(&self, node: &k8s::Node) -> Option<Member> {
        let name = node.name_any();
        let uid = node.uid().unwrap_or_default();
        let provider_id = node.spec.as_ref()?.provider_id.clone().filter(|id| !id.is_empty())?;
        let joined = self.members.get(&name).is_some_and(|member| member.uid == uid);
        if eligible::must_leave(node) || !(joined || eligible::has_been_ready(node)) {
            return None;
        }
        let labels = node.labels().clone();
        Some(Member {
            uid,
            node: Node {
                name,
                provider_id,
                labels,
            },
        })
    }
}

#[cfg(test)]
mod tests;
