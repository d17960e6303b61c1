//! Opens AWS for `elbow run`.

use std::sync::Arc;

use super::run::Surroundings;
use crate::aws::provider::{AwsProvider, ProviderSettings};
use crate::aws::sdk::{self, Call, CallObserver, SdkApi};
use crate::aws::settings::AwsSettings;
use crate::controller::nodes::Published;
use crate::settings::Settings;
use crate::telemetry::aws_calls::AwsCalls;

/// Well-known label with a node's region (Kubernetes reference, labels and annotations).
const REGION_LABEL: &str = "topology.kubernetes.io/region";

/// Opens AWS in the region of the settings, else of the SDK's own settings, else of the nodes, for which it waits.
pub async fn open(surroundings: Surroundings<'_>) -> AwsProvider<SdkApi> {
    let Surroundings {
        settings,
        fence,
        aws_calls,
        nodes,
    } = surroundings;
    let region = match settings.cluster.region.clone() {
        Some(region) => region,
        None => match sdk::region().await {
            Some(region) => region,
            None => nodes_region(nodes).await,
        },
    };
    tracing::info!(region, "AWS is opened");
    let api = sdk::connect(&region, &fence, Arc::new(aws_calls)).await;
    AwsProvider::new(api, provider_settings(settings))
}

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

async fn nodes_region(mut nodes: Published) -> String {
    loop {
        let labelled = nodes.borrow_and_update().as_ref().and_then(|set| {
            let mut regions = set.nodes.iter().filter_map(|node| node.labels.get(REGION_LABEL));
            regions.next().cloned()
        });
        if let Some(region) = labelled {
            return region;
        }
        tracing::warn!(
            "no region yet: set --aws-region or AWS_REGION, or wait for a node with the label {REGION_LABEL}"
        );
        if nodes.changed().await.is_err() {
            // The watch of the nodes ends with the process only.
            std::future::pending::<()>().await;
        }
    }
}

fn provider_settings(settings: &Settings) -> ProviderSettings {
    let defaults = settings.defaults.clone();
    ProviderSettings {
        aws: AwsSettings {
            cluster: settings.cluster.name.clone(),
            default_scheme: defaults.scheme,
            default_tags: defaults.tags,
            default_ssl_policy: defaults.ssl_policy,
            node_ports: defaults.node_ports,
            external_managed_tags: defaults.external_managed_tags,
            target_eni_group_tags: defaults.target_eni_group_tags,
        },
        vpc: settings.cluster.vpc.clone(),
        audit_calls_per_minute: settings.services.audit_calls_per_minute.get(),
        replacement_grace: settings.services.replacement_grace_period,
    }
}
