//! The proxied part of the data plane with the real HAProxy and real requests, on the loopback interface. What the API would
//! say is made by hand; the targets are the echo workload.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod actions;
mod bed;
mod conditions;
mod headers;
mod made;
mod network;
mod reload;
mod stickiness;
mod tls;
