//! placeholder until desired/attributes.rs is merged
pub(super) fn load_balancer_default(key: &str) -> Option<&'static str> {
    (key == "deletion_protection.enabled").then_some("false")
}
pub(super) fn target_group_default(_: crate::aws::stack::TargetProtocol, key: &str) -> Option<&'static str> {
    (key == "deregistration_delay.timeout_seconds").then_some("300")
}
