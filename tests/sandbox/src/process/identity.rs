//! Which process a process id means: ids are used again, and a wrong process must never get a signal.

use std::fs;

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

/// A process, told apart from every other one that had or will have its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pid: u32,
    /// In clock ticks since boot: field 22 of `/proc/PID/stat` (proc_pid_stat(5)).
    start_time: u64,
    /// `/proc/sys/kernel/random/boot_id`: start times of different boots cannot be compared.
    boot: String,
}

impl Identity {
    /// The process that has this id now; `None` when there is none, or only one that has ended and is not yet reaped.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(Self {
            pid,
            start_time: start_time_of_live(&stat)?,
            boot: boot.trim().to_owned(),
        })
    }

    /// Whether the process still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// The process id, for people and for signals.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Orders processes of one boot by the time of their start.
    #[must_use]
    pub fn start_time(&self) -> u64 {
        self.start_time
    }

    /// The process id as the system call takes it.
    pub(super) fn raw(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.pid).ok()?)
    }
}

/// The start time in a line of `/proc/PID/stat`, unless its state is zombie (Z) or dead (X).
fn start_time_of_live(stat: &str) -> Option<u64> {
    // The command name (field 2) is in parentheses and may hold spaces and parentheses itself.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "412 (a (b) c) S 1 412 412 0 -1 4194560 180 0 0 0 1 2 0 0 20 0 1 0 77123 2297856 200";

    #[test]
    fn the_start_time_is_found_behind_a_name_with_parentheses() {
        assert_eq!(start_time_of_live(STAT), Some(77_123));
    }

    #[test]
    fn a_zombie_is_not_alive() {
        assert_eq!(start_time_of_live(&STAT.replace(") S", ") Z")), None);
    }

    #[test]
    fn this_process_is_alive() {
        assert!(Identity::of(std::process::id()).unwrap().is_alive());
    }

    #[test]
    fn another_process_with_the_same_id_is_not_taken_for_it() {
        let mine = Identity::of(std::process::id()).unwrap();
        let earlier = Identity {
            start_time: mine.start_time - 1,
            ..mine.clone()
        };
        let last_boot = Identity {
            boot: "another".to_owned(),
            ..mine
        };
        assert!(!earlier.is_alive());
        assert!(!last_boot.is_alive());
    }
}
