//! Opens AWS: finds the region, connects, and hears of every call.

use std::sync::Arc;

use crate::aws::provider::AwsProvider;
use crate::aws::sdk::{self, Call, CallObserver, SdkApi};
use crate::controller::nodes::Published;
use crate::node::REGION_LABEL;
use crate::telemetry::aws_calls::AwsCalls;
use crate::telemetry::drift::DriftFigures;
use crate::telemetry::metrics;
use crate::telemetry::pace::PaceFigures;
use crate::telemetry::snapshot::SnapshotAge;

use super::run::Surroundings;

impl CallObserver for AwsCalls {
    fn observed(&self, call: &Call<'_>) {
        let status = call.status.map(|status| status.to_string()).unwrap_or_default();
        self.ended(
            call.service,
            call.operation,
            &status,
            call.error_code.unwrap_or_default(),
            call.duration,
        );
    }
}

/// Opens AWS. Waits for a node that names the region where nothing else does. Sends nothing yet.
pub async fn open(surroundings: Surroundings<'_>) -> Arc<AwsProvider<SdkApi>> {
    let Surroundings {
        settings,
        fence,
        aws_calls,
        registry,
        nodes,
    } = surroundings;
    let region = match &settings.aws.region {
        Some(region) => region.clone(),
        None => match sdk::region().await {
            Some(region) => region,
            None => region_of(nodes).await,
        },
    };
    tracing::info!(region, cluster = settings.aws.provider.aws.cluster, "opening AWS");
    let api = sdk::connect(&region, &fence, Arc::new(aws_calls)).await;
    let provider = Arc::new(AwsProvider::new(api, settings.aws.provider.clone()));
    metrics::collect(&registry, DriftFigures::new(provider.clone()));
    metrics::collect(&registry, SnapshotAge::new(provider.clone()));
    metrics::collect(&registry, PaceFigures::new(provider.clone()));
    provider
}

/// The region that the nodes' labels name.
async fn region_of(mut nodes: Published) -> String {
    loop {
        let known = nodes.borrow_and_update().clone();
        if let Some(region) = known.as_ref().and_then(|set| set.region()) {
            return region.to_owned();
        }
        if known.is_some() {
            tracing::warn!("no node has the label {REGION_LABEL}: set --aws-region or AWS_REGION to go on without");
        }
        if nodes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::node::{Node, NodeSet};

    #[tokio::test]
    async fn the_region_comes_from_the_first_node_that_names_it() {
        let (nodes, published) = watch::channel(None);
        let region = tokio::spawn(region_of(published));
        for labels in [vec![], vec![(REGION_LABEL.to_owned(), "eu-west-1".to_owned())]] {
            let node = Node {
                name: "a".into(),
                provider_id: "i-1".into(),
                labels: labels.into_iter().collect(),
            };
            nodes.send_replace(Some(Arc::new(NodeSet { nodes: vec![node] })));
        }
        assert_eq!(region.await.unwrap(), "eu-west-1");
    }
}
