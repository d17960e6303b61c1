//! A real Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager and, for real nodes, kube-scheduler.

pub mod build;
pub mod credentials;
pub mod start;
