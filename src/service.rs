//! A Service of `type: LoadBalancer`, reduced to the fields that decide what its load balancer looks like.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// A TCP or UDP port number, 1 to 65535.
pub type Port = NonZeroU16;

/// The Service that a load balancer belongs to. The UID tells a Service from its successor of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.uid`, given by the API server.
    pub uid: String,
}

/// What a provider gives for the state in which it has left the cloud, so that after a restart it may trust that state
/// without reading all of it again. Only the provider knows what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub String);

/// What a Service asks of its load balancer. Annotations are still raw here: their meaning belongs to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Whose load balancer it is.
    pub owner: Owner,
    /// `spec.loadBalancerClass`, which is immutable while the type stays `LoadBalancer`.
    pub class: Option<String>,
    /// All of `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// `spec.ports`, in the order of the manifest.
    pub ports: Vec<ServicePort>,
    /// `spec.externalTrafficPolicy`.
    pub traffic_policy: TrafficPolicy,
    /// `spec.healthCheckNodePort`; set by the API server under [`TrafficPolicy::Local`].
    pub health_check_node_port: Option<Port>,
    /// `spec.loadBalancerSourceRanges`, unparsed.
    pub source_ranges: Vec<String>,
    /// `spec.sessionAffinity`.
    pub session_affinity: SessionAffinity,
    /// `spec.ipFamilies`, in order; empty is read as IPv4.
    pub ip_families: Vec<IpFamily>,
    /// `spec.loadBalancerIP` where it is set; the field is deprecated by Kubernetes.
    pub load_balancer_ip: Option<String>,
    /// The hostname that stands in `status.loadBalancer.ingress` now: what clients use at this moment.
    pub published: Option<String>,
    /// What the provider gave when it was last done with this very Service; none once anything was to be changed.
    pub receipt: Option<Receipt>,
    /// Ports of other Services of the same namespace to which this one's load balancer forwards too, by Service name; only
    /// of those that the provider asked for and that exist.
    pub companions: BTreeMap<String, Vec<ServicePort>>,
}

/// One entry of `spec.ports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// `name`; may be missing where a Service has one port only.
    pub name: Option<String>,
    /// `protocol`.
    pub protocol: Protocol,
    /// `port`: where the load balancer listens.
    pub port: Port,
    /// `nodePort`: where every node answers; missing while `allocateLoadBalancerNodePorts` is false.
    pub node_port: Option<Port>,
    /// `appProtocol`.
    pub app_protocol: Option<String>,
}

/// `spec.ports[].protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP, the default of Kubernetes.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP, which no AWS load balancer carries.
    Sctp,
}

/// `spec.externalTrafficPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficPolicy {
    /// Any node answers for any pod.
    Cluster,
    /// A node answers only for its own pods, and the client's address is kept.
    Local,
}

/// `spec.sessionAffinity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionAffinity {
    /// Connections are spread freely.
    None,
    /// A client address keeps its target.
    ClientIp {
        /// `spec.sessionAffinityConfig.clientIP.timeoutSeconds`: for how long, 1 to 86400.
        seconds: u32,
    },
}

/// An entry of `spec.ipFamilies`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IpFamily {
    /// IPv4.
    #[serde(rename = "IPv4")]
    V4,
    /// IPv6.
    #[serde(rename = "IPv6")]
    V6,
}

impl Owner {
    /// `namespace/name`, as people and tags write it.
    #[must_use]
    pub fn namespaced_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        })
    }
}
