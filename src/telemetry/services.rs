//! `elbow_services`: how many Services of ours there are, by condition. Counted when asked, from the watch's store.

use std::fmt;

use k8s_openapi::api::core::v1::Service;
use kube::runtime::reflector::Store;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::controller::claim::{Claim, Claims};
use crate::controller::status::{OwnStatus, STALLED};

/// Counts the Services in a store.
pub struct Services {
    store: Store<Service>,
    claims: Claims,
}

impl Services {
    /// Counts those of `store` that `claims` holds.
    #[must_use]
    pub fn new(store: Store<Service>, claims: Claims) -> Self {
        Self { store, claims }
    }

    fn count(&self) -> [(&'static str, i64); 4] {
        let mut counts = [("Programmed", 0), ("Reconciling", 0), ("Stalled", 0), ("Deleting", 0)];
        for service in self.store.state() {
            let index = match self.claims.of(&service) {
                Claim::Foreign | Claim::Disputed => continue,
                Claim::Released => 3,
                Claim::Held => held(&OwnStatus::of(&service)),
            };
            counts[index].1 += 1;
        }
        counts
    }
}

/// Index into the counts.
fn held(status: &OwnStatus) -> usize {
    if status.conditions.iter().any(|condition| condition.type_ == STALLED) {
        2
    } else {
        usize::from(!status.is_programmed())
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl Collector for Services {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Services of ours, by condition";
        let mut family = encoder.encode_descriptor("elbow_services", help, None, MetricType::Gauge)?;
        for (condition, count) in self.count() {
            ConstGauge::new(count).encode(family.encode_family(&[("condition", condition)])?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::reflector::store;
    use kube::runtime::watcher::Event;
    use prometheus_client::registry::Registry;
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::controller::finalizer;
    use crate::controller::status::PROGRAMMED;
    use crate::telemetry::metrics::encode;

    #[test]
    fn services_of_ours_are_counted_by_condition() {
        let (store, mut writer) = store::<Service>();
        let stalled = condition(STALLED, "True");
        for (name, class, conditions) in [
            ("served", "elbow.dev/nlb", json!([condition(PROGRAMMED, "True")])),
            ("new", "elbow.dev/nlb", json!([])),
            (
                "wrong",
                "elbow.dev/nlb",
                json!([condition(PROGRAMMED, "False"), stalled]),
            ),
            ("foreign", "other.example/lb", json!([condition(PROGRAMMED, "True")])),
        ] {
            writer.apply_watcher_event(&Event::Apply(service(name, class, conditions)));
        }
        let mut going = service("going", "elbow.dev/nlb", json!([]));
        going.metadata.finalizers = Some(vec![finalizer::NAME.to_owned()]);
        going.metadata.deletion_timestamp = from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        writer.apply_watcher_event(&Event::Apply(going));

        let mut registry = Registry::default();
        let claims = Claims {
            classes: ["elbow.dev/nlb".to_owned()].into(),
            unclassed: false,
        };
        registry.register_collector(Box::new(Services::new(store, claims)));
        let text = encode(&registry).unwrap();
        for condition in ["Programmed", "Reconciling", "Stalled", "Deleting"] {
            assert!(
                text.contains(&format!("elbow_services{{condition=\"{condition}\"}} 1\n")),
                "{text}"
            );
        }
    }

    fn condition(type_: &str, status: &str) -> Value {
        let since = "2026-01-01T00:00:00Z";
        json!({"type": type_, "status": status, "reason": "R", "message": "", "lastTransitionTime": since})
    }

    fn service(name: &str, class: &str, conditions: Value) -> Service {
        from_value(json!({
            "metadata": {"namespace": "shop", "name": name},
            "spec": {"type": "LoadBalancer", "loadBalancerClass": class},
            "status": {"conditions": conditions},
        }))
        .unwrap()
    }
}
