//! Calls to AWS, under the names and labels of the AWS Load Balancer Controller, so that its dashboards carry over.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Counts calls to AWS. Clones count into the same.
#[derive(Clone, Debug)]
pub struct AwsCalls {
    calls: Family<Ended, Counter>,
    durations: Family<Operation, Histogram>,
}

/// How a call has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    service: String,
    operation: String,
    status_code: String,
    error_code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    service: String,
    operation: String,
}

impl AwsCalls {
    /// Registers both figures.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let durations = || Histogram::new(exponential_buckets(0.01, 2.0, 11));
        let calls = Self {
            calls: Family::default(),
            durations: Family::new_with_constructor(durations),
        };
        registry.register("aws_api_calls", "Calls to AWS, by how they ended", calls.calls.clone());
        registry.register(
            "aws_api_call_duration_seconds",
            "Time that a call to AWS took, with its retries",
            calls.durations.clone(),
        );
        calls
    }

    /// A call has ended. `status` is the HTTP status of the last answer, `error_code` AWS' code; both empty where there is
    /// none.
    pub fn ended(&self, service: &str, operation: &str, status: &str, error_code: &str, took: Duration) {
        let ended = Ended {
            service: service.to_owned(),
            operation: operation.to_owned(),
            status_code: status.to_owned(),
            error_code: error_code.to_owned(),
        };
        self.calls.get_or_create(&ended).inc();
        let operation = Operation {
            service: ended.service,
            operation: ended.operation,
        };
        self.durations.get_or_create(&operation).observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_by_operation_and_outcome() {
        let mut registry = Registry::default();
        let calls = AwsCalls::register(&mut registry);
        calls.ended(
            "EC2",
            "DescribeSubnets",
            "503",
            "RequestLimitExceeded",
            Duration::from_millis(30),
        );
        let text = crate::telemetry::metrics::encode(&registry).unwrap();
        let call = "service=\"EC2\",operation=\"DescribeSubnets\"";
        let counted =
            format!("aws_api_calls_total{{{call},status_code=\"503\",error_code=\"RequestLimitExceeded\"}} 1");
        assert!(text.contains(&counted), "{text}");
        assert!(
            text.contains(&format!("aws_api_call_duration_seconds_count{{{call}}} 1")),
            "{text}"
        );
    }
}
