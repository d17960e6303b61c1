//! `elbow_aws_rate_*`: how fast calls to AWS are, and how long they wait for it.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::aws::api::AwsApi;
use crate::aws::pace::Figures;
use crate::aws::provider::AwsProvider;

/// Reads the figures from the provider when asked.
#[derive(Debug)]
pub struct PaceFigures<A>(Arc<AwsProvider<A>>);

/// A metric with one value for each class of calls.
struct Metric {
    name: &'static str,
    help: &'static str,
    value: Value,
}

/// Where the value comes from.
enum Value {
    Gauge(fn(&Figures) -> f64),
    Counter(fn(&Figures) -> f64),
}

/// All of them; the labels are the class's name alone.
const METRICS: [Metric; 5] = [
    Metric {
        name: "elbow_aws_rate_tokens",
        help: "Calls to AWS that could be sent at once now, by class",
        value: Value::Gauge(|figures| figures.tokens),
    },
    Metric {
        name: "elbow_aws_rate_per_second",
        help: "Calls to AWS a second that elbow allows itself now, by class: less than AWS publishes after throttles",
        value: Value::Gauge(|figures| figures.per_second),
    },
    Metric {
        name: "elbow_aws_rate_waiting",
        help: "Calls to AWS that wait for their turn now, by class",
        value: Value::Gauge(|figures| u32::try_from(figures.waiting).map_or(f64::INFINITY, f64::from)),
    },
    Metric {
        name: "elbow_aws_rate_wait_seconds",
        help: "Time that calls to AWS have waited for their turn, by class",
        value: Value::Counter(|figures| figures.waited.as_secs_f64()),
    },
    Metric {
        name: "elbow_aws_rate_throttled",
        help: "Calls that AWS has throttled though they waited for their turn, by class",
        value: Value::Counter(|figures| u32::try_from(figures.throttled).map_or(f64::INFINITY, f64::from)),
    },
];

impl<A: AwsApi> PaceFigures<A> {
    /// The figures of this provider.
    #[must_use]
    pub fn new(provider: Arc<AwsProvider<A>>) -> Self {
        Self(provider)
    }
}

impl<A: AwsApi + fmt::Debug> Collector for PaceFigures<A> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let classes = self.0.pace();
        for metric in &METRICS {
            metric.encode(&mut encoder, &classes)?;
        }
        Ok(())
    }
}

impl Metric {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>, classes: &[Figures]) -> fmt::Result {
        let kind = match self.value {
            Value::Gauge(_) => MetricType::Gauge,
            Value::Counter(_) => MetricType::Counter,
        };
        let mut family = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        for figures in classes {
            let labels = [("class", figures.class)];
            let encoder = family.encode_family(&labels)?;
            match self.value {
                Value::Gauge(value) => ConstGauge::new(value(figures)).encode(encoder)?,
                Value::Counter(value) => ConstCounter::new(value(figures)).encode(encoder)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::registry::Registry;

    use super::*;
    use crate::telemetry::metrics::encode;

    #[derive(Debug)]
    struct Fixed(Figures);

    impl Collector for Fixed {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            let mut metrics = METRICS.iter();
            metrics.try_for_each(|metric| metric.encode(&mut encoder, std::slice::from_ref(&self.0)))
        }
    }

    #[test]
    fn each_class_has_its_figures_under_their_published_names() {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Fixed(Figures {
            class: "elbv2-registration",
            tokens: 2.5,
            per_second: 4.0,
            waiting: 7,
            waited: Duration::from_millis(1500),
            throttled: 3,
        })));
        let text = encode(&registry).unwrap();
        for line in [
            "elbow_aws_rate_tokens{class=\"elbv2-registration\"} 2.5",
            "elbow_aws_rate_per_second{class=\"elbv2-registration\"} 4.0",
            "elbow_aws_rate_waiting{class=\"elbv2-registration\"} 7.0",
            "elbow_aws_rate_wait_seconds_total{class=\"elbv2-registration\"} 1.5",
            "elbow_aws_rate_throttled_total{class=\"elbv2-registration\"} 3.0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
    }
}
