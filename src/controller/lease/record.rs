//! The Lease object: read into a claim, and written for a new holder.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;

use super::decision::Claim;

/// Reads what a Lease says.
pub(super) fn claim(lease: &Lease) -> Claim {
    let spec = lease.spec.clone().unwrap_or_default();
    let seconds = spec
        .lease_duration_seconds
        .and_then(|seconds| u64::try_from(seconds).ok())
        .unwrap_or(0);
    Claim {
        holder: spec.holder_identity.filter(|holder| !holder.is_empty()),
        renewed: spec.renew_time.map(|time| time.0.to_string()),
        duration: Duration::from_secs(seconds),
    }
}

/// The Lease as `me` holds it from `now` on. It keeps the resource version of `last`, so that it replaces nothing else.
pub(super) fn held(name: &str, last: Option<&Lease>, me: &str, duration: Duration, now: Timestamp) -> Lease {
    let spec = last.and_then(|lease| lease.spec.clone()).unwrap_or_default();
    let mine = spec.holder_identity.as_deref() == Some(me);
    let transitions = spec.lease_transitions.unwrap_or(0);
    let spec = LeaseSpec {
        holder_identity: Some(me.to_owned()),
        lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: if mine { spec.acquire_time } else { Some(MicroTime(now)) },
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(if mine || last.is_none() {
            transitions
        } else {
            transitions.saturating_add(1)
        }),
        ..spec
    };
    let metadata = last.map_or_else(
        || ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        |lease| lease.metadata.clone(),
    );
    Lease {
        metadata,
        spec: Some(spec),
    }
}

/// The Lease as nobody holds it.
pub(super) fn released(last: &Lease) -> Lease {
    let mut lease = last.clone();
    let spec = lease.spec.get_or_insert_default();
    // Empty, not absent: Kubernetes' own components write it so when they step down.
    spec.holder_identity = Some(String::new());
    lease
}
