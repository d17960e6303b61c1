//! A real Kubernetes control plane: etcd, kube-apiserver and kube-controller-manager.

pub mod build;
pub mod credentials;
pub mod start;
