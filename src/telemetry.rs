//! What elbow says about itself: logs, metrics and the endpoints that probes and Prometheus ask.

pub mod aws_calls;
pub mod drift;
pub mod http;
pub mod logs;
pub mod metrics;
pub mod pace;
pub mod services;
pub mod snapshot;
