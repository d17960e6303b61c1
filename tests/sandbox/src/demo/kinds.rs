//! Which Services are elbow's, and the marks that it leaves on them.

use k8s_openapi::api::core::v1::Service;
use kube::ResourceExt;

/// The class that `cargo sandbox install` lets elbow claim.
const CLASS: &str = "elbow.dev/nlb";
/// What every finalizer and condition of elbow begins with.
const PREFIX: &str = "elbow.dev/";

/// Whether elbow is to serve this Service.
pub(super) fn is_ours(service: &Service) -> bool {
    let spec = service.spec.as_ref();
    spec.is_some_and(|spec| {
        spec.type_.as_deref() == Some("LoadBalancer") && spec.load_balancer_class.as_deref() == Some(CLASS)
    })
}

/// How kubectl is told of it.
pub(super) fn argument(service: &Service) -> String {
    format!("service/{}", service.name_any())
}

/// The hostname in its status.
pub(super) fn hostname(service: &Service) -> Option<&str> {
    let ingress = service.status.as_ref()?.load_balancer.as_ref()?.ingress.as_ref()?;
    ingress.first()?.hostname.as_deref()
}

/// What elbow has left on it, in words; empty for a Service that it never touched.
pub(super) fn marks(service: &Service) -> Vec<String> {
    let finalizers = service.finalizers().iter().filter(|name| name.starts_with(PREFIX));
    let conditions = service
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    let conditions = conditions.filter(|condition| condition.type_.starts_with(PREFIX));
    let managers = service
        .managed_fields()
        .iter()
        .filter(|entry| entry.manager.as_deref() == Some("elbow"));
    finalizers
        .map(|name| format!("finalizer {name}"))
        .chain(conditions.map(|condition| format!("condition {}", condition.type_)))
        .chain(managers.map(|_| "fields managed by elbow".to_owned()))
        .chain(hostname(service).map(|hostname| format!("hostname {hostname}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(object: serde_json::Value) -> Service {
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn only_load_balancers_of_the_class_are_elbows() {
        let ours = json!({"spec": {"type": "LoadBalancer", "loadBalancerClass": "elbow.dev/nlb"}});
        assert!(is_ours(&service(ours)));
        for spec in [
            json!({"type": "LoadBalancer", "loadBalancerClass": "other"}),
            json!({"type": "LoadBalancer"}),
            json!({"type": "NodePort"}),
            json!({"type": "ExternalName", "externalName": "example.com"}),
        ] {
            assert!(!is_ours(&service(json!({"spec": spec}))), "{spec}");
        }
    }

    #[test]
    fn every_mark_is_seen() {
        let touched = service(json!({
            "metadata": {"finalizers": ["other/one", "elbow.dev/load-balancer"], "managedFields": [{"manager": "elbow"}]},
            "status": {
                "conditions": [{
                    "type": "elbow.dev/Programmed", "status": "True", "reason": "r", "message": "m",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                }],
                "loadBalancer": {"ingress": [{"hostname": "h"}]},
            },
        }));
        assert_eq!(marks(&touched).len(), 4);
        assert_eq!(
            marks(&service(json!({"metadata": {"finalizers": ["other/one"]}}))),
            Vec::<String>::new()
        );
    }
}
