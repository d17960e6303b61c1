//! elbow at work: the real binary, a real kube-apiserver, LocalStack behind the proxy. `cargo sandbox test` runs these.
//!
//! Every test has a namespace of its own, looks at AWS through the API, and ends with nothing left behind.

// Scenarios nest deep futures.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod alb;
mod back_end;
mod bad_values;
mod by_hand;
mod chaos;
mod claims;
mod cloud;
mod cluster;
mod cost;
mod crash;
mod drift;
mod edits;
mod elbow_process;
mod foreign;
mod gc;
mod identity;
mod inspect;
mod keys;
mod leader;
mod manifest;
mod nodes;
mod options;
mod permissions;
mod plan;
mod scenario;
mod services;
mod spare;
mod traffic;
mod wait;
