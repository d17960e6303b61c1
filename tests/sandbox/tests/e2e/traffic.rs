//! Traffic: a request goes from a client through load balancers, nodes and ClusterIPs to Pods, and back. Needs real nodes.

mod affinity;
mod from_pods;
mod groups;
mod health;
mod http;
mod images;
mod inspect;
mod nginx;
mod nginx_fan_out;
mod nodes;
mod policy;
mod protocols;
mod readme;
mod sources;
mod steady;
mod visitor;
mod workload;
