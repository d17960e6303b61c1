//! On what was measured: machine and versions.

use std::path::Path;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Result;
use super::bed::Bed;
use super::figure::number;
use crate::{checkout, files, run};

/// Machine, versions, conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct About {
    /// Commit of the checkout, with a `+` where files differ from it.
    pub(super) commit: String,
    /// The compiler.
    pub(super) rustc: String,
    /// Version of the Kubernetes API server.
    pub(super) kubernetes: String,
    /// Version of LocalStack.
    pub(super) localstack: String,
    /// Name of the processor, and how many of them.
    pub(super) processor: String,
    /// Memory of the machine in GiB.
    pub(super) memory_gib: f64,
    /// The kernel.
    pub(super) kernel: String,
    /// Processes that wanted a processor on average in the minute before: more than a few mean that others worked too.
    pub(super) load: String,
    /// Size of the binary in MiB.
    pub(super) binary_mib: f64,
    /// Added to every AWS call.
    #[serde(rename = "latency_ms", serialize_with = "milliseconds")]
    pub(super) latency: Duration,
    /// Flags beside the chart's.
    pub(super) flags: Vec<String>,
}

impl About {
    /// Looks around.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub(super) async fn gather(bed: &Bed, binary: &Path, latency: Duration, flags: Vec<String>) -> Result<Self> {
        let root = checkout::root();
        let ask = async |program: &str, arguments: &[&str]| {
            let answer = run::query(program, arguments, &root).await.unwrap_or_default();
            answer.trim().to_owned()
        };
        let dirty = !ask("git", &["status", "--porcelain", "--untracked-files=no"])
            .await
            .is_empty();
        let mark = if dirty { "+" } else { "" };
        let load = files::read(Path::new("/proc/loadavg"))?;
        let size = binary.metadata().map_or(0, |metadata| metadata.len());
        Ok(Self {
            commit: format!("{}{mark}", ask("git", &["rev-parse", "--short=12", "HEAD"]).await),
            rustc: ask("rustc", &["--version"]).await,
            kubernetes: bed.kubernetes_version().await?,
            localstack: localstack_version()?,
            processor: processor(&files::read(Path::new("/proc/cpuinfo"))?),
            memory_gib: memory_gib(&files::read(Path::new("/proc/meminfo"))?),
            kernel: ask("uname", &["-sr"]).await,
            load: load.split(' ').next().unwrap_or_default().to_owned(),
            binary_mib: number(usize::try_from(size / 1024).unwrap_or_default()) / 1024.0,
            latency,
            flags,
        })
    }

    /// As a list.
    #[must_use]
    pub(super) fn markdown(&self) -> String {
        let flags = if self.flags.is_empty() {
            "the chart's defaults".to_owned()
        } else {
            format!("the chart's defaults and `{}`", self.flags.join(" "))
        };
        format!(
            "- elbow: commit {}, built by {}, {:.1} MiB, run with {flags}\n\
             - test cluster: Kubernetes {}, LocalStack {}, {} ms added to every AWS call\n\
             - machine: {}, {:.0} GiB, {}; load before: {}\n",
            self.commit,
            self.rustc,
            self.binary_mib,
            self.kubernetes,
            self.localstack,
            self.latency.as_millis(),
            self.processor,
            self.memory_gib,
            self.kernel,
            self.load,
        )
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn localstack_version() -> Result<String> {
    let requirements = files::read(&checkout::localstack().join("requirements.txt"))?;
    let pinned = requirements.lines().find(|line| line.starts_with("localstack-core"));
    let version = pinned
        .and_then(|line| line.split("==").nth(1))
        .unwrap_or("of unknown version");
    Ok(version.split_whitespace().next().unwrap_or_default().to_owned())
}

fn processor(cpuinfo: &str) -> String {
    let mut names = cpuinfo
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = names.next().map_or("processors of unknown kind", |(_, name)| name);
    let count = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    format!("{count} x {name}")
}

fn memory_gib(meminfo: &str) -> f64 {
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next());
    total.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_read_from_proc() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Fast CPU @ 2 GHz\n\nprocessor\t: 1\nmodel name\t: Fast CPU @ 2 GHz\n";
        assert_eq!(processor(cpuinfo), "2 x Fast CPU @ 2 GHz");
        assert!((memory_gib("MemTotal:       16777216 kB\nMemFree: 1 kB\n") - 16.0).abs() < 1e-9);
    }

    #[test]
    fn the_version_of_localstack_is_the_pinned_one() {
        assert!(
            localstack_version()
                .unwrap()
                .starts_with(|first: char| first.is_ascii_digit())
        );
    }
}
