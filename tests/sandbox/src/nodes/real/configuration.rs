//! The files of a node's programs. Pure.

use serde_json::{Value, json};

use super::RealNode;
use crate::image::stock::PAUSE;
use crate::network::addresses::{PODS, RESOLVER, pods_of_node};
use crate::terraform::infrastructure::Infrastructure;

/// What starts containers and joins them to the network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runtime<'a> {
    /// The runc program.
    pub(super) runc: &'a str,
    /// The directory of CNI plug-ins.
    pub(super) cni: &'a str,
}

/// containerd's configuration.
/// <https://github.com/containerd/containerd/blob/main/docs/cri/config.md>
pub(super) fn containerd(runtime: Runtime<'_>) -> String {
    let Runtime { runc, cni } = runtime;
    format!(
        "version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = {PAUSE:?}
[plugins.'io.containerd.cri.v1.runtime']
# A machine without the capability to lower a process's score would start no container at all.
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = {runc:?}
SystemdCgroup = false
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = [{cni:?}]
conf_dir = '/etc/cni/net.d'
[plugins.'io.containerd.internal.v1.opt']
path = '/var/lib/containerd/opt'
[plugins.'io.containerd.nri.v1.nri']
disable = true
"
    )
}

/// The Pods' network: routed, so that every packet between Pods of different nodes passes the VPC's router.
pub(super) fn cni(node: &RealNode) -> Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": false,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni",
                    "ranges": [[{"subnet": pods_of_node(node.number)}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "backend": "nftables", "capabilities": {"portMappings": true}},
        ],
    })
}

/// The kubelet's configuration; JSON, which is YAML too.
/// <https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/>
pub(super) fn kubelet(node: &RealNode, cgroup: &str) -> Value {
    let instance = &node.instance;
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": instance.private_ip,
        "providerID": format!("aws:///{}/{}", instance.zone, instance.id),
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": "/run/node/authority.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDomain": "cluster.local",
        "clusterDNS": [RESOLVER.to_string()],
        "resolvConf": "",
        // Cgroup version 1 is what some machines have.
        "failCgroupV1": false,
        "cgroupDriver": "cgroupfs",
        // A root of its own: each kubelet removes Pod cgroups that it does not know.
        "cgroupRoot": format!("/{cgroup}"),
        "failSwapOn": false,
        "makeIPTablesUtilChains": false,
        "serializeImagePulls": false,
        // The disk is the machine's; the node shall not give way to what others put there, nor throw away imported images.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        // The control plane's patience is short (control_plane::start::SILENCE).
        "nodeStatusUpdateFrequency": "2s",
        "nodeStatusReportFrequency": "2s",
        "nodeLeaseDurationSeconds": 4,
    })
}

/// The label that tells which group of nodes a node is of, as on EKS.
/// <https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html>
pub const NODE_GROUP: &str = "eks.amazonaws.com/nodegroup";

/// The group of the nodes whose instances Terraform made: they stand as long as the sandbox does.
pub const STANDING: &str = "standing";

/// The group of the nodes that were added.
const ADDED: &str = "added";

/// The kubelet's labels beside those that it gives itself; a real node has them from its cloud.
pub(super) fn labels(node: &RealNode, infrastructure: &Infrastructure) -> String {
    let stands = infrastructure.instances.contains(&node.instance);
    [
        ("topology.kubernetes.io/zone", node.instance.zone.as_str()),
        ("topology.kubernetes.io/region", &infrastructure.region),
        ("node.kubernetes.io/instance-type", "m7i.large"),
        (NODE_GROUP, if stands { STANDING } else { ADDED }),
    ]
    .map(|(label, value)| format!("{label}={value}"))
    .join(",")
}

/// kube-proxy's configuration.
/// <https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/>
pub(super) fn kube_proxy(node: &RealNode) -> Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": "/run/node/kube-proxy.kubeconfig"},
        "hostnameOverride": node.name(),
        "clusterCIDR": PODS,
        "healthzBindAddress": "0.0.0.0:10256",
        // These limits are the machine's: a network namespace cannot write them.
        "conntrack": {"maxPerCore": 0, "min": 0},
        "nftables": {"minSyncPeriod": "100ms"},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::real::file::tests::instance;

    fn node() -> RealNode {
        RealNode {
            instance: instance(4),
            number: 3,
        }
    }

    #[test]
    fn a_kubelet_says_which_instance_and_zone_it_is_in() {
        let config = kubelet(&node(), "elbow-0-node-3");
        assert_eq!(config["providerID"], "aws:///us-east-1a/i-4");
        assert_eq!(config["address"], "10.0.16.4");
        assert_eq!(config["cgroupRoot"], "/elbow-0-node-3");
    }

    #[test]
    fn labels_tell_the_zone_and_whether_terraform_made_the_instance() {
        let mut infrastructure = Infrastructure {
            region: "us-east-1".to_owned(),
            ..Infrastructure::default()
        };
        let added = labels(&node(), &infrastructure);
        assert!(added.starts_with("topology.kubernetes.io/zone=us-east-1a,"), "{added}");
        assert!(added.ends_with(",eks.amazonaws.com/nodegroup=added"), "{added}");
        infrastructure.instances = vec![node().instance];
        assert!(labels(&node(), &infrastructure).ends_with("nodegroup=standing"));
    }

    #[test]
    fn each_node_gives_its_pods_addresses_of_its_own_range() {
        let range = &cni(&node())["plugins"][0]["ipam"]["ranges"][0][0]["subnet"];
        assert_eq!(range, "10.244.3.0/24");
    }

    #[test]
    fn containerd_is_told_where_runc_and_the_plug_ins_are() {
        let text = containerd(Runtime {
            runc: "/cache/runc",
            cni: "/cache/cni",
        });
        assert!(text.contains("BinaryName = \"/cache/runc\"\n"), "{text}");
        assert!(text.contains("bin_dirs = [\"/cache/cni\"]\n"), "{text}");
    }
}
