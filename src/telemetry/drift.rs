//! `elbow_drift_corrected_total`: how often AWS was found to differ from what elbow had left there.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use crate::aws::api::AwsApi;
use crate::aws::provider::AwsProvider;

/// Reads the counts from the provider when asked.
#[derive(Debug)]
pub struct DriftFigures<A>(Arc<AwsProvider<A>>);

impl<A: AwsApi> DriftFigures<A> {
    /// The figures of this provider.
    #[must_use]
    pub fn new(provider: Arc<AwsProvider<A>>) -> Self {
        Self(provider)
    }
}

impl<A: AwsApi + fmt::Debug> Collector for DriftFigures<A> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Differences between AWS and what elbow had left there, which were then corrected";
        let mut family = encoder.encode_descriptor("elbow_drift_corrected", help, None, MetricType::Counter)?;
        for found in self.0.drift() {
            let labels = [("resource", found.drift.resource), ("field", found.drift.field)];
            ConstCounter::new(found.count).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
