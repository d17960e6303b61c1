//! Readiness where there is no Service: no pass tells that the caches are synced then.

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::ListParams;
use tokio::sync::watch;
use tokio::time::sleep;

use super::call::unfenced;

/// Time between two looks, for as long as neither a pass nor an empty list has told.
const PAUSE: Duration = Duration::from_secs(1);

/// Sets `synced` once the API server has answered that there is no Service: nothing is missing from the cache then. Ends
/// when it is set, by this or by a pass.
pub async fn announce(services: Api<Service>, synced: watch::Sender<bool>) {
    let one = ListParams::default().limit(1);
    while !*synced.borrow() {
        match unfenced("list Services", services.list(&one)).await {
            Ok(found) if found.items.is_empty() => drop(synced.send_replace(true)),
            // A Service is there, so a pass will tell; or nothing is known yet.
            Ok(_) | Err(_) => sleep(PAUSE).await,
        }
    }
}
