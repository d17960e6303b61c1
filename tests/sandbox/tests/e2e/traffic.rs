//! Traffic: a request goes from a client through load balancers, nodes and ClusterIPs to Pods, and back. Needs real nodes.

mod images;
mod nginx;
mod nodes;
mod steady;
mod workload;
