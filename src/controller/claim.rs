//! Which Services are ours.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Service;

use super::finalizer;

/// Which Services of `type: LoadBalancer` elbow serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Values of `spec.loadBalancerClass` that are ours.
    pub classes: BTreeSet<String>,
    /// Is a Service without a class ours too? Only where no other controller serves those.
    pub unclassed: bool,
}

/// What a Service is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Not ours: neither the cloud nor the Service is touched.
    Foreign,
    /// Ours: it gets a load balancer.
    Held,
    /// It was ours, and is deleted or no load balancer's Service any more: what it has goes.
    Released,
    /// It has our finalizer and another's class, or none though we claim no such Services. Either that was changed while
    /// we were not looking, so that what it has from us goes, or it is another elbow's, in which case it has nothing from
    /// us and is not touched.
    Disputed,
}

impl Claims {
    /// What `service` is to us. Our finalizer tells that it was ours, so that a change of type or class is noticed also
    /// after a restart.
    #[must_use]
    pub fn of(&self, service: &Service) -> Claim {
        let deleted = service.metadata.deletion_timestamp.is_some();
        if self.wants(service) && !deleted {
            Claim::Held
        } else if !finalizer::is_on(service) {
            Claim::Foreign
        } else if self.is_anothers(service) {
            Claim::Disputed
        } else {
            Claim::Released
        }
    }

    fn is_anothers(&self, service: &Service) -> bool {
        let Some(spec) = &service.spec else { return false };
        match &spec.load_balancer_class {
            Some(class) => !self.classes.contains(class),
            None => spec.type_.as_deref() == Some("LoadBalancer") && !self.unclassed,
        }
    }

    fn wants(&self, service: &Service) -> bool {
        let Some(spec) = &service.spec else { return false };
        spec.type_.as_deref() == Some("LoadBalancer")
            && match &spec.load_balancer_class {
                Some(class) => self.classes.contains(class),
                None => self.unclassed,
            }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{from_value, json};

    use super::*;

    #[rstest]
    #[case::our_class("LoadBalancer", Some("elbow.dev/nlb"), false, Claim::Held)]
    #[case::another_class("LoadBalancer", Some("service.k8s.aws/nlb"), false, Claim::Foreign)]
    #[case::no_class("LoadBalancer", None, false, Claim::Foreign)]
    #[case::no_class_by_flag("LoadBalancer", None, true, Claim::Held)]
    #[case::another_class_despite_flag("LoadBalancer", Some("service.k8s.aws/nlb"), true, Claim::Foreign)]
    #[case::cluster_ip("ClusterIP", None, true, Claim::Foreign)]
    #[case::node_port("NodePort", None, true, Claim::Foreign)]
    #[case::external_name("ExternalName", None, true, Claim::Foreign)]
    fn a_live_service_without_finalizer(
        #[case] kind: &str,
        #[case] class: Option<&str>,
        #[case] unclassed: bool,
        #[case] expected: Claim,
    ) {
        assert_eq!(claims(unclassed).of(&service(kind, class, false, false)), expected);
    }

    #[rstest]
    #[case::held("LoadBalancer", Some("elbow.dev/nlb"), false, true, Claim::Held)]
    #[case::deleted("LoadBalancer", Some("elbow.dev/nlb"), true, true, Claim::Released)]
    #[case::type_changed("NodePort", None, false, true, Claim::Released)]
    #[case::class_changed("LoadBalancer", Some("service.k8s.aws/nlb"), false, true, Claim::Disputed)]
    #[case::class_changed_and_deleted("LoadBalancer", Some("service.k8s.aws/nlb"), true, true, Claim::Disputed)]
    #[case::no_class_though_we_claim_none("LoadBalancer", None, false, true, Claim::Disputed)]
    #[case::no_class_and_deleted("LoadBalancer", None, true, true, Claim::Disputed)]
    #[case::deleted_before_we_began("LoadBalancer", Some("elbow.dev/nlb"), true, false, Claim::Foreign)]
    #[case::foreign_deleted("LoadBalancer", Some("service.k8s.aws/nlb"), true, false, Claim::Foreign)]
    fn the_finalizer_marks_what_was_ours(
        #[case] kind: &str,
        #[case] class: Option<&str>,
        #[case] deleted: bool,
        #[case] finalizer: bool,
        #[case] expected: Claim,
    ) {
        assert_eq!(claims(false).of(&service(kind, class, deleted, finalizer)), expected);
    }

    fn claims(unclassed: bool) -> Claims {
        Claims {
            classes: BTreeSet::from(["elbow.dev/nlb".to_owned()]),
            unclassed,
        }
    }

    fn service(kind: &str, class: Option<&str>, deleted: bool, finalizer: bool) -> Service {
        let mut service: Service =
            from_value(json!({"metadata": {"name": "web"}, "spec": {"type": kind, "loadBalancerClass": class}}))
                .unwrap();
        if deleted {
            service.metadata.deletion_timestamp = from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        }
        if finalizer {
            service.metadata.finalizers = Some(vec![finalizer::NAME.to_owned()]);
        }
        service
    }
}
