//! What a process uses, as Linux tells it (proc_pid_status(5), proc_pid_stat(5)).

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Result;
use crate::files;

/// Memory in MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Memory {
    /// `VmRSS`: pages in memory.
    pub(super) resident: f64,
    /// `RssAnon`: those that are no file's.
    pub(super) anonymous: f64,
    /// `VmHWM`: the most that was resident.
    pub(super) peak: f64,
}

/// The memory of a process.
///
/// # Errors
/// When it has ended.
pub(super) fn memory(pid: u32) -> Result<Memory> {
    Ok(parse_memory(&files::read(&file(pid, "status"))?))
}

/// CPU time of a process, all its threads' since its start.
///
/// # Errors
/// When it has ended.
pub(super) fn cpu(pid: u32) -> Result<Duration> {
    Ok(parse_cpu(&files::read(&file(pid, "stat"))?))
}

fn file(pid: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

fn parse_memory(status: &str) -> Memory {
    let mib = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib = line.and_then(|value| value.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    };
    Memory {
        resident: mib("VmRSS"),
        anonymous: mib("RssAnon"),
        peak: mib("VmHWM"),
    }
}

/// Fields 14 and 15 count in hundredths of a second (`USER_HZ` is 100 on every architecture that Rust's std supports on
/// Linux but Alpha); the name before them may hold blanks, but ends with the last parenthesis.
fn parse_cpu(stat: &str) -> Duration {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks.saturating_mul(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_mib() {
        let status = "Name:\telbow\nVmHWM:\t    4096 kB\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\n";
        let expected = Memory {
            resident: 2.0,
            anonymous: 1.0,
            peak: 4.0,
        };
        assert_eq!(parse_memory(status), expected);
    }

    #[test]
    fn cpu_time_is_that_of_user_and_kernel() {
        let stat = "1 (a ) b) S 2 3 4 5 6 7 8 9 10 11 150 50 0 0 20";
        assert_eq!(parse_cpu(stat), Duration::from_secs(2));
    }

    #[test]
    fn this_very_process_is_in_memory() {
        let memory = memory(std::process::id()).unwrap();
        assert!(
            memory.resident >= memory.anonymous && memory.anonymous > 0.0,
            "{memory:?}"
        );
        assert!(memory.peak >= memory.resident, "{memory:?}");
    }
}
