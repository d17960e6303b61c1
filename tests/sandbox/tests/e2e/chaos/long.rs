//! Faults together, for which `cargo sandbox test` has time only when asked for with `--long`.

use super::{killed, throttled};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test --long"]
async fn killed_every_4_to_8_seconds_and_throttled_50_services_come_change_and_go() {
    killed::live_while_killed("chaos-killed-throttled", |seed| throttled::faults(seed).into()).await;
}
