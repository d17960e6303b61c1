//! The drift audit: now and then the provider looks at what the cloud really holds, and every Service is passed over, so
//! that what was changed by hand is repaired. An unchanged Service costs nothing.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::ResourceExt;
use kube::runtime::reflector::Store;
use tokio::time::{Instant, interval_at};

use super::error::within_deadline;
use super::reconcile::Context;
use super::trigger::Request;
use crate::provider::LoadBalancerProvider;
use crate::telemetry::logs::chain;

/// Audits every `period`, while this replica leads, until the process ends.
pub async fn run<P>(context: Arc<Context<P>>, services: Store<Service>, every: Duration, reconcile_all: Request)
where
    P: LoadBalancerProvider,
{
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let live: HashSet<String> = services.state().iter().filter_map(|service| service.uid()).collect();
        context.memory.retain(&live);
        if context.fence.permit().is_err() {
            continue;
        }
        let audited = within_deadline("audit", context.provider.audit()).await;
        context.metrics.audited(&audited);
        match audited {
            Ok(audited) => {
                tracing::info!(examined = audited.examined, calls = audited.calls, "audited");
                reconcile_all.send();
            }
            Err(error) => tracing::warn!(reason = error.reason(), error = chain(&error), "could not audit"),
        }
    }
}
