//! What every call of a process to AWS goes through: its fence, as in the real client, and the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use elbow::aws::error::AwsError;
use elbow::fence::Fence;

use super::witness::Witness;
use crate::line::Line;

tokio::task_local! {
    /// For whom the provider works.
    pub(super) static OWNER: String;
}

/// A process' way to AWS.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(super) process: String,
    pub(super) fence: Fence,
    pub(super) line: Line,
    pub(super) witness: Witness,
    pub(super) under_way: UnderWay,
}

/// Counts calls that were sent and are not answered. Clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<AtomicUsize>);

/// A call under way.
#[derive(Debug)]
pub(crate) struct Sent(UnderWay);

impl Door {
    /// Lets a call through.
    pub(crate) async fn pass(&self, action: &'static str) -> Result<Sent, AwsError> {
        let write = is_write(action);
        if write {
            self.fence.permit().map_err(|closed| AwsError::closed(action, closed))?;
        }
        let sent = self.under_way.begin();
        let owner = if is_shared(action) {
            String::new()
        } else {
            OWNER.try_with(String::clone).unwrap_or_default()
        };
        self.line.turn(&format!("{} {action} {owner}", self.process)).await;
        if write {
            self.witness.wrote(&self.process, action);
        }
        Ok(sent)
    }
}

/// EC2 and ELBv2 name all their reads that elbow uses `Describe...`, WAF `Get...`.
fn is_write(action: &str) -> bool {
    let operation = action.rsplit(':').next().unwrap_or_default();
    !operation.starts_with("Describe") && !operation.starts_with("Get")
}

/// Is what it reads for all Services? For whose sake it is read then follows from no seed.
fn is_shared(action: &str) -> bool {
    let shared = [
        "Instances",
        "Subnets",
        "Vpcs",
        "RouteTables",
        "SecurityGroups",
        "LoadBalancers",
        "TargetGroups",
    ];
    let what = action.rsplit("Describe").next().unwrap_or_default();
    shared.contains(&what)
}

impl UnderWay {
    fn begin(&self) -> Sent {
        self.0.fetch_add(1, Ordering::Relaxed);
        Sent(self.clone())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
