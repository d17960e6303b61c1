//! The settings of `elbow run`: [`Flags`] as they are given, checked all at once into [`Settings`].

mod aws;
mod classes;
mod flags;
mod parse;
mod problems;

pub use aws::Aws;
pub use flags::{DEFAULT_ALB_CLASS, DEFAULT_CLASS, DEFAULT_LEASE, Flags};
pub use parse::duration;
pub use problems::{Problem, Problems};

use std::num::NonZeroU16;
use std::time::Duration;

use crate::controller::claim::Claims;
use crate::controller::lease::Times;
use crate::fence::WRITE_DEADLINE;
use crate::telemetry::http::BindAddress;
use crate::telemetry::logs::{Format, Level};

use self::classes::Classes;
use self::problems::Check;

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The AWS half.
    pub aws: Aws,
    /// Which Services are served and how.
    pub services: Services,
    /// Who leads.
    pub leader_election: LeaderElection,
    /// What elbow says about itself.
    pub telemetry: Telemetry,
    /// Who this process is.
    pub pod: Pod,
}

/// Which Services are served and how.
#[derive(Clone, Debug)]
pub struct Services {
    /// Which are ours.
    pub claims: Claims,
    /// The namespace whose Services are served; none: all.
    pub namespace: Option<String>,
    /// How many are worked on at a time.
    pub concurrency: NonZeroU16,
    /// Time between two rounds of the drift audit.
    pub audit_period: Duration,
    /// Is what the cloud holds for Services that live no more taken away?
    pub delete_orphans: bool,
}

/// Who leads.
#[derive(Clone, Debug)]
pub struct LeaderElection {
    /// Without, this replica leads: there must be no other.
    pub enabled: bool,
    /// Name of the Lease.
    pub lease: String,
    /// Its namespace; none: elbow's own.
    pub namespace: Option<String>,
    /// How long a term is and how it is kept.
    pub times: Times,
}

/// What elbow says about itself.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Where `/metrics` is served.
    pub metrics: BindAddress,
    /// Where `/healthz` and `/readyz` are served.
    pub health: BindAddress,
    /// Which lines are logged.
    pub level: Level,
    /// How they look.
    pub format: Format,
}

/// Who this process is.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Name of the Pod; else of the machine.
    pub name: String,
    /// Its namespace; none: that of the Kubernetes client's configuration.
    pub namespace: Option<String>,
}

impl Settings {
    /// Checks what was given.
    ///
    /// # Errors
    /// All that is wrong, not only the first.
    pub fn check(flags: &Flags) -> Result<Self, Problems> {
        let mut check = Check::default();
        let classes = Classes::check(&flags.services, &mut check);
        let aws = Aws::check(flags, classes.as_ref(), &mut check);
        let services = Services::check(&flags.services, classes.as_ref(), &mut check);
        let leader_election = LeaderElection::check(&flags.leader_election, &mut check);
        let telemetry = Telemetry::check(&flags.telemetry, &mut check);
        let pod = Pod::check(&flags.pod, &mut check);
        let settings = || {
            Some(Self {
                aws: aws?,
                services: services?,
                leader_election: leader_election?,
                telemetry: telemetry?,
                pod: pod?,
            })
        };
        check.outcome(settings())
    }
}

impl Services {
    fn check(flags: &flags::Services, classes: Option<&Classes>, check: &mut Check) -> Option<Self> {
        let unclassed = check.value("claim-unclassed", &flags.claim_unclassed, parse::boolean);
        let namespace = check.optional("watch-namespace", flags.watch_namespace.as_ref(), parse::object_name);
        let concurrency = check.value(
            "service-max-concurrent-reconciles",
            &flags.service_max_concurrent_reconciles,
            parse::count_u16,
        );
        let period = check.value("audit-period", &flags.audit_period, parse::duration);
        let delete_orphans = check.value("delete-orphans", &flags.delete_orphans, parse::boolean);
        Some(Self {
            claims: Claims {
                classes: classes?.all(),
                unclassed: unclassed?,
            },
            namespace: namespace?,
            concurrency: concurrency?,
            audit_period: period?,
            delete_orphans: delete_orphans?,
        })
    }
}

impl LeaderElection {
    fn check(flags: &flags::LeaderElection, check: &mut Check) -> Option<Self> {
        let enabled = check.value("enable-leader-election", &flags.enable_leader_election, parse::boolean);
        let lease = check.value("leader-election-id", &flags.leader_election_id, parse::object_name);
        let namespace = check.optional(
            "leader-election-namespace",
            flags.leader_election_namespace.as_ref(),
            parse::object_name,
        );
        let times = Self::times(flags, check);
        Some(Self {
            enabled: enabled?,
            lease: lease?,
            namespace: namespace?,
            times: times?,
        })
    }

    /// The deadline lies so far before the end of the lease that a write which was let out just before it has landed when
    /// another replica may lead.
    fn times(flags: &flags::LeaderElection, check: &mut Check) -> Option<Times> {
        const LEASE: &str = "leader-election-lease-duration";
        const DEADLINE: &str = "leader-election-renew-deadline";
        let lease = check.value(LEASE, &flags.leader_election_lease_duration, parse::whole_seconds);
        let deadline = check.value(DEADLINE, &flags.leader_election_renew_deadline, parse::duration);
        let retry = check.value(
            "leader-election-retry-period",
            &flags.leader_election_retry_period,
            parse::duration,
        );
        let times = Times {
            lease: lease?,
            renew_deadline: deadline?,
            retry: retry?,
        };
        if times.renew_deadline + WRITE_DEADLINE > times.lease {
            let least = WRITE_DEADLINE.as_secs();
            let allowed = format!("at least {least} s longer than --{DEADLINE}: a write may take so long");
            check.wrong(LEASE, &flags.leader_election_lease_duration, allowed);
        }
        if times.retry >= times.renew_deadline {
            let allowed = "longer than --leader-election-retry-period".to_owned();
            check.wrong(DEADLINE, &flags.leader_election_renew_deadline, allowed);
        }
        Some(times)
    }
}

impl Telemetry {
    fn check(flags: &flags::Telemetry, check: &mut Check) -> Option<Self> {
        const HEALTH: &str = "health-probe-bind-addr";
        let metrics = check.value("metrics-bind-addr", &flags.metrics_bind_addr, str::parse::<BindAddress>);
        let health = check.value(HEALTH, &flags.health_probe_bind_addr, str::parse::<BindAddress>);
        let level = check.value("log-level", &flags.log_level, str::parse);
        let format = check.value("log-format", &flags.log_format, parse::log_format);
        if metrics.is_some() && metrics == health {
            check.wrong(
                HEALTH,
                &flags.health_probe_bind_addr,
                "another than --metrics-bind-addr".to_owned(),
            );
        }
        Some(Self {
            metrics: metrics?,
            health: health?,
            level: level?,
            format: format?,
        })
    }
}

impl Pod {
    fn check(flags: &flags::Pod, check: &mut Check) -> Option<Self> {
        let name = check.optional("pod-name", flags.pod_name.as_ref(), parse::object_name);
        let namespace = check.optional("pod-namespace", flags.pod_namespace.as_ref(), parse::object_name);
        Some(Self {
            name: name?.unwrap_or_else(hostname),
            namespace: namespace?,
        })
    }
}

/// The machine's name; `elbow` where it has none to tell.
fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Some(name.trim())
        .filter(|name| !name.is_empty())
        .unwrap_or("elbow")
        .to_owned()
}

#[cfg(test)]
mod tests;
