//! Asks the fence right before a write is sent.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::fence::Fence;

/// Fails every attempt of a write while the fence is closed; nothing is sent, and the SDK does not retry it.
#[derive(Debug)]
pub(super) struct Fencing(pub(super) Fence);

impl Intercept for Fencing {
    fn name(&self) -> &'static str {
        "Fencing"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if is_read(call.load::<Metadata>()) {
            return Ok(());
        }
        self.0.permit().map_err(BoxError::from)
    }
}

/// EC2 and ELBv2 name all their reads that elbow uses `Describe...`, WAF `Get...`; anything else counts as a write.
fn is_read(call: Option<&Metadata>) -> bool {
    call.is_some_and(|call| call.name().starts_with("Describe") || call.name().starts_with("Get"))
}
