//! The command line of HAProxy's master process (management guide, section 9.4, "Master CLI").

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// The socket's name in its directory.
pub(super) const SOCKET: &str = "master.sock";

/// How long an answer may take: the master serves one connection after the other.
const WITHIN: Duration = Duration::from_secs(10);

/// The processes below the master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Workers {
    /// The process id of the worker that serves new connections: the one that saw the fewest reloads.
    pub(super) current: Option<u32>,
    /// The workers that still finish what they have.
    pub(super) leaving: Vec<u32>,
    /// How many reloads in a row have failed.
    pub(super) failed: u32,
}

/// What the master answers to a command.
///
/// # Errors
/// When it does not answer in time.
pub(super) async fn ask(directory: &Path, command: &str) -> io::Result<String> {
    // The path of a socket is short by law (108 bytes), that of a directory is not: so by way of the open directory.
    let open = File::open(directory)?;
    let path = format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd());
    let exchange = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(format!("{command}\n").as_bytes()).await?;
        stream.shutdown().await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    tokio::time::timeout(WITHIN, exchange).await?
}

/// What an answer to `show proc` says.
pub(super) fn workers(answer: &str) -> Workers {
    let lines = || answer.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let number = |words: &[&str], index: usize| words.get(index)?.trim_end_matches(']').parse::<u32>().ok();
    let mut workers: Vec<(u32, u32)> = lines()
        .filter(|words| words.get(1) == Some(&"worker"))
        .filter_map(|words| Some((number(&words, 2)?, number(&words, 0)?)))
        .collect();
    workers.sort_unstable();
    let master = lines().find(|words| words.get(1) == Some(&"master"));
    Workers {
        current: workers.first().map(|(_, id)| *id),
        leaving: workers.iter().skip(1).map(|(_, id)| *id).collect(),
        // `ID master RELOADS [failed: N] UPTIME VERSION`
        failed: master.and_then(|words| number(&words, 4)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_worker_is_the_one_that_saw_the_fewest_reloads() {
        let answer = "\
#<PID>          <type>          <reloads>       <uptime>        <version>
20134           master          3 [failed: 2]   0d00h10m15s     2.6.12-1+deb12u4
# workers
# old workers
20161           worker          3               0d00h10m15s     2.6.12-1+deb12u4
20170           worker          2               0d00h00m05s     2.6.12-1+deb12u4
# programs
";
        let expected = Workers {
            current: Some(20170),
            leaving: vec![20161],
            failed: 2,
        };
        assert_eq!(workers(answer), expected);
        assert_eq!(workers("# workers\n").current, None);
    }
}
