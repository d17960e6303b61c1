//! The data plane of load balancers with real packets: nodes, a client and the router between them in network namespaces,
//! without Kubernetes. What the API would say is made by hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

// The names that the picture by hand is made of.
use elbow_sandbox::data_plane::{Picture, model, verdict};

#[path = "../../src/data_plane/fixture.rs"]
#[expect(dead_code, reason = "unit tests use the rest")]
mod fixture;

mod bed;
mod node;
mod traffic;
