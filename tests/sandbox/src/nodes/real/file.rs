//! What is known of each real node, in `nodes/NAME/node.json`.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;
use crate::network::Namespace;
use crate::network::addresses::{MAX_NODES, PODS};
use crate::network::commands::NodePlace;
use crate::process::Record;
use crate::terraform::infrastructure::Instance;

/// A real node, running or stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealNode {
    /// The instance that it is; the node's name is the instance's private DNS name, as on EKS.
    pub instance: Instance,
    /// Its number among the sandbox's nodes, from 1, which decides the range of its Pods.
    pub number: u8,
}

impl RealNode {
    /// Takes the lowest number that no other node of the sandbox has, and writes the node down.
    pub(super) fn enlist(layout: &Layout, instance: &Instance) -> Result<Self> {
        files::create_directory(&layout.nodes())?;
        let path = layout.nodes().join("lock");
        let lock = File::create(&path).map_err(Error::file("create", &path))?;
        // Held until the node is written down; nodes may be added side by side.
        lock.lock().map_err(Error::file("lock", &path))?;
        let taken: BTreeSet<u8> = Self::all(layout)?.iter().map(|node| node.number).collect();
        let node = Self {
            instance: instance.clone(),
            number: lowest_free(&taken)?,
        };
        let text = serde_json::to_vec_pretty(&node).map_err(Error::malformed("a node"))?;
        files::write(&node.directory(layout).join("node.json"), text)?;
        Ok(node)
    }

    /// All nodes of the sandbox by number, stopped ones too.
    pub fn all(layout: &Layout) -> Result<Vec<Self>> {
        let directory = layout.nodes();
        if !directory.is_dir() {
            return Ok(Vec::new());
        }
        let mut nodes = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(Error::file("list", &directory))? {
            let path = entry.map_err(Error::file("list", &directory))?.path().join("node.json");
            if path.is_file() {
                nodes.push(
                    serde_json::from_str(&files::read(&path)?).map_err(Error::malformed(path.display().to_string()))?,
                );
            }
        }
        nodes.sort_by_key(|node: &Self| node.number);
        Ok(nodes)
    }

    /// The node of that name; [`Error::Node`] names those that are there.
    pub fn find(layout: &Layout, name: &str) -> Result<Self> {
        let nodes = Self::all(layout)?;
        let names: Vec<&str> = nodes.iter().map(Self::name).collect();
        let unknown = Error::Node(format!("no node {name}: there are {}", names.join(", ")));
        nodes.iter().find(|node| node.name() == name).cloned().ok_or(unknown)
    }

    /// The node's name in Kubernetes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.instance.private_dns
    }

    /// The node's directory.
    #[must_use]
    pub fn directory(&self, layout: &Layout) -> PathBuf {
        layout.nodes().join(self.name())
    }

    /// Where the node's own programs write: `containerd`, `kubelet` or `kube-proxy`.
    #[must_use]
    pub fn log(&self, layout: &Layout, program: &str) -> PathBuf {
        self.directory(layout).join("logs").join(format!("{program}.log"))
    }

    /// The name of its process record, its network namespace's last part and its cgroup's.
    #[must_use]
    pub(super) fn part(&self) -> String {
        format!("node-{}", self.number)
    }

    /// The node's network namespace.
    #[must_use]
    pub fn namespace(&self, outer: &Namespace) -> Namespace {
        outer.beside(&self.part())
    }

    pub(super) fn place(&self) -> Result<NodePlace> {
        let address = &self.instance.private_ip;
        let malformed = || Error::Node(format!("{address} is no address for the node {}", self.name()));
        let address: Ipv4Addr = address.parse().map_err(|_| malformed())?;
        Ok(NodePlace {
            address,
            number: self.number,
        })
    }

    /// The record of its processes, also when they were killed by somebody else; none when the node was stopped.
    pub(super) fn record(&self, layout: &Layout) -> Result<Option<Record>> {
        let mut records = Record::all(layout)?.into_iter();
        Ok(records.find(|record| record.name() == self.part()))
    }

    /// Whether the node runs.
    pub fn is_running(&self, layout: &Layout) -> Result<bool> {
        Ok(self.record(layout)?.is_some_and(|record| record.process().is_alive()))
    }

    /// A command that runs a program on the node: in its network, its file tree and among its processes.
    /// [`Error::Node`] when it does not run.
    pub fn command(&self, layout: &Layout, program: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
        let stopped = || {
            Error::Node(format!(
                "the node {} does not run: `cargo sandbox node start` it",
                self.name()
            ))
        };
        let record = self.record(layout)?.ok_or_else(stopped)?;
        let first = first_process(record.process().pid()).ok_or_else(stopped)?;
        let mut command = Command::new("nsenter");
        command.args(["--target", &first, "--mount", "--uts", "--pid", "--net"]);
        command.arg(program);
        Ok(command)
    }
}

/// The first process of a node is the only child of the process that made its namespaces.
fn first_process(outside: u32) -> Option<String> {
    let children = std::fs::read_to_string(format!("/proc/{outside}/task/{outside}/children")).ok()?;
    children.split_whitespace().next().map(str::to_owned)
}

fn lowest_free(taken: &BTreeSet<u8>) -> Result<u8> {
    let full = || Error::Node(format!("{PODS} has room for the Pods of {MAX_NODES} nodes: remove one"));
    (1..=MAX_NODES).find(|number| !taken.contains(number)).ok_or_else(full)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::scratch::Scratch;

    pub(in crate::nodes::real) fn instance(last: u8) -> Instance {
        Instance {
            id: format!("i-{last}"),
            private_ip: format!("10.0.16.{last}"),
            private_dns: format!("ip-10-0-16-{last}.ec2.internal"),
            zone: "us-east-1a".to_owned(),
        }
    }

    #[test]
    fn a_number_is_used_again_when_its_node_is_gone() {
        let scratch = Scratch::new();
        let layout = Layout::new(scratch.path()).unwrap();
        let first = RealNode::enlist(&layout, &instance(4)).unwrap();
        let second = RealNode::enlist(&layout, &instance(5)).unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        files::remove_directory(&first.directory(&layout)).unwrap();
        assert_eq!(RealNode::enlist(&layout, &instance(6)).unwrap().number, 1);
        let names: Vec<u8> = RealNode::all(&layout).unwrap().iter().map(|node| node.number).collect();
        assert_eq!(names, [1, 2]);
    }

    #[test]
    fn an_unknown_node_is_answered_with_the_known_ones() {
        let scratch = Scratch::new();
        let layout = Layout::new(scratch.path()).unwrap();
        RealNode::enlist(&layout, &instance(4)).unwrap();
        let error = RealNode::find(&layout, "x").unwrap_err().to_string();
        assert_eq!(error, "no node x: there are ip-10-0-16-4.ec2.internal");
    }

    #[test]
    fn a_full_pod_range_takes_no_more_nodes() {
        assert!(lowest_free(&(1..=MAX_NODES).collect()).is_err());
    }
}
