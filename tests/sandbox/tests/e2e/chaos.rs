//! Faults that last, while Services are created, changed and deleted: AWS that throttles, loses replies or is gone, an elbow
//! that is killed or frozen, an API server that restarts. Afterwards every Service is as declared, and nothing is left of
//! what was deleted.

mod api_server;
mod fleet;
mod frozen;
mod killed;
mod long;
mod outage;
mod seed;
mod standing;
mod throttled;

use std::time::Duration;

/// What replaced load balancers leave behind goes at once, so that no test waits for it.
const NO_GRACE: &str = "--replacement-grace-period=0s";

/// A container that is started anew takes over at once; it has no lease to wait for.
const ALONE: [&str; 2] = [NO_GRACE, "--enable-leader-election=false"];

/// How long a fleet may take to be as declared under faults, on a busy machine.
const LONG_PATIENCE: Duration = Duration::from_mins(4);
