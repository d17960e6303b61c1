//! Every address range of a sandbox with real nodes. The VPC and its subnets are Terraform's (`terraform/modules/network`).

use std::net::Ipv4Addr;

/// The VPC.
pub const VPC: &str = "10.0.0.0/16";

/// The VPC's router, where AWS has it: the second address of the first subnet. The API server and the AWS proxy listen here.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
pub const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// The VPC's name server, where AWS has it: the third address.
pub const RESOLVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// The next hop of every node and of the client: link-local, on each of the outer namespace's links.
pub const NEXT_HOP: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);

/// Addresses of the client; several, so that source ranges can tell them apart. From TEST-NET-3 (RFC 5737).
pub const CLIENTS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(203, 0, 113, 10),
    Ipv4Addr::new(203, 0, 113, 11),
    Ipv4Addr::new(203, 0, 113, 12),
];

/// Where internet-facing load balancers get their public addresses from: the range for benchmarks (RFC 2544), first address
/// and prefix length.
pub const PUBLIC: (Ipv4Addr, u8) = (Ipv4Addr::new(198, 18, 0, 0), 15);

/// ClusterIPs of Services.
pub const SERVICES: &str = "10.96.0.0/16";

/// The ClusterIP of the Service `kubernetes`: the first of [`SERVICES`].
pub const FIRST_SERVICE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 1);

/// Addresses of all Pods.
pub const PODS: &str = "10.244.0.0/16";

/// How many nodes can have a Pod range: the third byte of [`PODS`], without 0.
pub const MAX_NODES: u8 = 254;

/// The Pod range of a node, `number` from 1 to [`MAX_NODES`].
#[must_use]
pub fn pods_of_node(number: u8) -> String {
    format!("10.244.{number}.0/24")
}
