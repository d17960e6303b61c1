//! Real nodes: each is a machine of its own, made of namespaces, with containerd, a kubelet and kube-proxy.
//!
//! A node runs in its own network, mount, host name and process namespaces under its own first process ([`init`]). Its files
//! are in `nodes/NAME` of the state directory; they stay when the node is stopped, so that starting it again is a reboot.

mod cgroups;
mod configuration;
mod equipment;
mod file;
mod init;
mod instance;
mod life;
mod ready;

pub use configuration::{NODE_GROUP, STANDING};
pub use file::RealNode;
pub use instance::{launch, of_cluster};
pub use life::{add, create, import, remove, start, stop, stop_all, sweep};

/// The cgroup controllers that this machine lacks of those that nodes need.
#[must_use]
pub fn missing_controllers() -> Vec<&'static str> {
    cgroups::missing()
}
