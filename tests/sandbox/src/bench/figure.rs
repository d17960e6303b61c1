//! What was measured: one number for one line of the table.

use std::fmt;

use serde::Serialize;

use super::reference::{self, Reference};

/// A thing that elbow does, or is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// A Service of one port is created, with all that Services share there already.
    CreateOne,
    /// A label of the Service changes.
    UnrelatedChange,
    /// The Service gets a second port.
    AddPort,
    /// The Service is deleted.
    DeleteOne,
    /// So many Services are created at once.
    CreateMany(usize),
    /// elbow ends in good order and starts again, so many Services being unchanged; another is created meanwhile.
    Restart(usize),
    /// A node joins so many Services.
    NodeJoins(usize),
    /// Ten nodes join so many Services within two seconds.
    TenNodesJoin(usize),
    /// So many Services are deleted at once.
    DeleteMany(usize),
    /// Nothing changes.
    Idle(usize),
    /// What the process holds.
    Memory {
        /// Services that it serves.
        services: usize,
        /// Nodes of the cluster.
        nodes: usize,
    },
    /// The leader is killed while a standby waits.
    Failover,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateOne => f.write_str("create one Service"),
            Self::UnrelatedChange => f.write_str("unrelated change"),
            Self::AddPort => f.write_str("add a port"),
            Self::DeleteOne => f.write_str("delete one Service"),
            Self::CreateMany(services) => write!(f, "create {services} at once"),
            Self::Restart(services) => write!(f, "restart with {services}"),
            Self::NodeJoins(services) => write!(f, "a node joins {services}"),
            Self::TenNodesJoin(services) => write!(f, "ten nodes join {services} within 2 s"),
            Self::DeleteMany(services) => write!(f, "delete {services} at once"),
            Self::Idle(services) => write!(f, "idle with {services}"),
            Self::Memory { services, nodes } => write!(f, "memory, {services} Services and {nodes} nodes"),
            Self::Failover => f.write_str("failover after SIGKILL"),
        }
    }
}

/// What of a line was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quantity {
    /// AWS calls of all.
    Calls,
    /// AWS calls divided by the number of Services.
    CallsAService,
    /// The same, counted until nothing more is asked.
    CallsAServiceUntilQuiet,
    /// AWS calls a minute.
    CallsAMinute,
    /// Seconds until the Service has its hostname.
    ToHostname,
    /// Seconds until all Services have their hostnames.
    ToAllHostnames,
    /// Seconds until all Services are programmed: their targets are registered too.
    ToAllProgrammed,
    /// Seconds until the last AWS call was answered.
    ToLastCall,
    /// Seconds until the objects are gone from Kubernetes.
    ToGone,
    /// Seconds until the next replica's first write to AWS.
    ToFirstWrite,
    /// CPU time in percent of one core.
    Cpu,
    /// Resident memory in MiB: `VmRSS`.
    Resident,
    /// The part of it that is no file: `RssAnon`, in MiB.
    Anonymous,
    /// The most that was ever resident: `VmHWM`, in MiB.
    Peak,
}

impl Quantity {
    /// Its name in the table, unit included.
    #[must_use]
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::CallsAService => "calls a Service",
            Self::CallsAServiceUntilQuiet => "calls a Service until quiet",
            Self::CallsAMinute => "calls a minute",
            Self::ToHostname => "s to the hostname",
            Self::ToAllHostnames => "s to all hostnames",
            Self::ToAllProgrammed => "s to all programmed",
            Self::ToLastCall => "s to the last answer",
            Self::ToGone => "s until gone",
            Self::ToFirstWrite => "s to the first write",
            Self::Cpu => "% CPU",
            Self::Resident => "MiB resident",
            Self::Anonymous => "MiB of it anonymous",
            Self::Peak => "MiB at most",
        }
    }
}

/// Whether elbow keeps to AWS's published rates, which LocalStack does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rates {
    /// As AWS would have it: elbow's default.
    Aws,
    /// Switched off.
    Off,
}

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    /// Of what.
    pub(super) line: Line,
    /// Which of its numbers.
    pub(super) quantity: Quantity,
    /// Under which rates.
    pub(super) rates: Rates,
    /// The number, in the unit of the quantity.
    pub(super) value: f64,
}

impl Figure {
    /// What it is held against.
    #[must_use]
    pub(super) fn reference(&self) -> Reference {
        reference::of(self.line, self.quantity)
    }

    /// Whether the target is reached, as far as there is one; a number is rounded as it is shown.
    #[must_use]
    pub(super) fn reaches_target(&self) -> Option<bool> {
        let target = self.reference().target?;
        Some(rounded(self.value) <= target)
    }
}

/// Two decimals, as the table shows them.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A count as a number to calculate with; exact up to 2^32.
#[must_use]
pub(super) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_reaches_its_target_as_it_is_shown() {
        let figure = |value| Figure {
            line: Line::CreateMany(50),
            quantity: Quantity::CallsAService,
            rates: Rates::Aws,
            value,
        };
        assert_eq!(figure(6.104).reaches_target(), Some(true));
        assert_eq!(figure(6.11).reaches_target(), Some(false));
        let without = Figure {
            quantity: Quantity::Peak,
            ..figure(1.0)
        };
        assert_eq!(without.reaches_target(), None);
    }
}
