//! Logs: one line an event, JSON for machines or text for people, on standard error.

use std::error::Error;
use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A JSON object, its fields at the top.
    #[default]
    Json,
    /// For people.
    Text,
}

/// Which lines are written: a level, or `tracing`'s filter syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level(String);

/// Libraries whose own words are of no use to who reads elbow's, below a warning.
const QUIET: [&str; 7] = [
    "kube",
    "kube_client",
    "kube_runtime",
    "hyper",
    "hyper_util",
    "tower",
    "h2",
];

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let level = Self(text.to_owned());
        // The filter syntax takes a single word that is no level for the name of a module.
        let valid = if level.is_plain() {
            !text.is_empty() && text.parse::<LevelFilter>().is_ok()
        } else {
            level.filter().is_ok()
        };
        match valid {
            true => Ok(level),
            false => Err("error, warn, info, debug, trace, or a filter such as info,elbow=debug".to_owned()),
        }
    }
}

impl Level {
    fn is_plain(&self) -> bool {
        !self.0.contains([',', '=', '['])
    }

    fn filter(&self) -> Result<EnvFilter, tracing_subscriber::filter::ParseError> {
        let quiet = QUIET.map(|library| format!("{library}=warn")).join(",");
        // The user's come last, and so win where they name the same library.
        EnvFilter::builder().parse(format!("{quiet},{}", self.0))
    }
}

/// Writes logs from now on. Only the first call in a process has an effect.
pub fn start(level: &Level, format: Format) {
    let filter = level.filter().unwrap_or_default();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let _ = match format {
        Format::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
        Format::Text => lines.with_target(false).try_init(),
    };
}

/// An error with all its causes, as one line: `could not do this: because of that: and so on`.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        // Some errors repeat their cause's words in their own.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::controller::error::ReconcileError;
    use crate::provider::ProviderError;

    #[test]
    fn a_chain_names_every_cause_once() {
        let cause = ProviderError::Transient {
            action: "ec2:DescribeSubnets".into(),
            message: "timeout".into(),
        };
        let error = ReconcileError::Ensure(cause);
        assert_eq!(
            chain(&error),
            "could not bring the load balancer in line with the Service: ec2:DescribeSubnets: timeout"
        );
    }

    #[rstest]
    #[case("info", true)]
    #[case("info,elbow=debug", true)]
    #[case("", false)]
    #[case("info,elbow=loud", false)]
    #[case("loud", false)]
    fn levels_are_checked(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(text.parse::<Level>().is_ok(), valid, "{text}");
    }
}
