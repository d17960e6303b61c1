//! What the user asks of the bench.

use std::path::PathBuf;
use std::time::Duration;

/// Options of `cargo sandbox bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Numbers of Services, separated by commas
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_value = "50")]
    pub(super) services: Vec<usize>,
    /// Time added to every AWS call
    #[arg(long, value_name = "DURATION", default_value = "30ms", value_parser = duration)]
    pub(super) latency: Duration,
    /// For how long nothing changes while idleness is measured; the audit comes every five minutes
    #[arg(long, value_name = "DURATION", default_value = "300s", value_parser = duration)]
    pub(super) idle: Duration,
    /// Only these parts [default: all]
    #[arg(long, value_name = "PART", value_delimiter = ',', value_enum)]
    pub(super) only: Vec<Part>,
    /// Show each AWS call of the lines whose name contains this; may be given several times
    #[arg(long, value_name = "LINE")]
    pub(super) trace: Vec<String>,
    /// One more flag for elbow; may be given several times
    #[arg(long = "flag", value_name = "FLAG", allow_hyphen_values = true)]
    pub(super) flags: Vec<String>,
    /// The elbow to measure [default: this checkout, built with the profile measured]
    #[arg(long, value_name = "FILE")]
    pub(super) elbow: Option<PathBuf>,
    /// Write all figures to a file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Write the figures into docs/performance.md
    #[arg(long)]
    pub(super) write_docs: bool,
    /// Leave the sandbox up for the next bench
    #[arg(long)]
    pub(super) keep: bool,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Part {
    /// One Service through its life
    One,
    /// Another replica takes over
    Failover,
    /// Many Services, a restart and nodes
    Many,
    /// The same without AWS's rates
    Unlimited,
    /// Memory with 1,000 Services and 200 nodes
    Large,
    /// The calls of 10, 100 and 1,000 Services on the AWS in memory
    Growth,
}

/// `500ms` or `60s`.
fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration such as 30ms or 60s");
    let number = |digits: &str| digits.parse().map_err(|_| wrong());
    match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(millis), _) => Ok(Duration::from_millis(number(millis)?)),
        (None, Some(seconds)) => Ok(Duration::from_secs(number(seconds)?)),
        (None, None) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_milliseconds_or_seconds() {
        assert_eq!(duration("30ms"), Ok(Duration::from_millis(30)));
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert!(duration("1h").is_err() && duration("ms").is_err());
    }
}
