//! The drift audit: now and then the provider looks at what the cloud really holds, and every Service is passed over, so
//! that what was changed by hand is repaired. An unchanged Service costs nothing. What is held for nobody is an orphan.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use tokio::time::{Instant, interval_at};

use super::error::within_deadline;
use super::orphans::{self, Policy, Watchlist};
use super::reconcile::Context;
use super::trigger::Request;
use crate::provider::LoadBalancerProvider;
use crate::telemetry::logs::chain;

/// Audits every `period`, while this replica leads, until the process ends.
pub async fn run<P>(context: Arc<Context<P>>, every: Duration, policy: Policy, reconcile_all: Request)
where
    P: LoadBalancerProvider,
{
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut watchlist = Watchlist::default();
    loop {
        ticks.tick().await;
        let services = context.store.state();
        let live: HashSet<String> = services.iter().filter_map(|service| service.uid()).collect();
        context.memory.retain(&live);
        if context.fence.permit().is_err() {
            watchlist.forget();
            continue;
        }
        if look(&context).await {
            reconcile_all.send();
            orphans::sweep(&context, &policy, &mut watchlist).await;
        } else {
            watchlist.forget();
        }
    }
}

/// One round; was it one?
async fn look<P: LoadBalancerProvider>(context: &Context<P>) -> bool {
    let started = Instant::now();
    let audited = within_deadline("audit", context.provider.audit()).await;
    context.metrics.audited(&audited, started.elapsed());
    match audited {
        Ok(audited) => {
            tracing::info!(examined = audited.examined, calls = audited.calls, "audited");
            true
        }
        Err(error) => {
            tracing::warn!(reason = error.reason(), error = chain(&error), "could not audit");
            false
        }
    }
}
