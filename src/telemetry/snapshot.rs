//! `elbow_aws_snapshot_age_seconds`: how old the newest look at all that AWS holds is.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::aws::api::AwsApi;
use crate::aws::provider::AwsProvider;

/// Asks the provider when asked; no figure before the first snapshot.
#[derive(Debug)]
pub struct SnapshotAge<A>(Arc<AwsProvider<A>>);

impl<A: AwsApi> SnapshotAge<A> {
    /// The age of this provider's snapshot.
    #[must_use]
    pub fn new(provider: Arc<AwsProvider<A>>) -> Self {
        Self(provider)
    }
}

impl<A: AwsApi + fmt::Debug> Collector for SnapshotAge<A> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(age) = self.0.snapshot_age() else {
            return Ok(());
        };
        let help = "Age of the newest snapshot of what AWS holds for the cluster";
        let gauge = ConstGauge::new(age.as_secs_f64());
        let name = "elbow_aws_snapshot_age_seconds";
        gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }
}
