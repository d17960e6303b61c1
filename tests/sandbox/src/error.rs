//! What can go wrong in the sandbox, each error with what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A result of the sandbox.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the sandbox; its text is for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be read, written or removed.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb: "read", "write".
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A program could not be started at all.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program as it was called.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// A program that a step needs ended with an error.
    #[error("{what} failed ({status}); its log is {}\n{tail}", log.display())]
    Failed {
        /// The step.
        what: String,
        /// The exit status in words.
        status: String,
        /// The whole output.
        log: PathBuf,
        /// The last lines of the output, indented.
        tail: String,
    },
    /// A program that was run for the person at the terminal ended with an error of its own: its exit status in words.
    #[error("the program ended with {0}")]
    Ended(String),
    /// A long-lived part ended, or did not answer in time.
    #[error("{what} {problem}; its log is {}\n{tail}", log.display())]
    NotReady {
        /// The part.
        what: String,
        /// "ended" or "did not answer within N s".
        problem: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log, indented.
        tail: String,
    },
    /// A condition did not come true in time.
    #[error("{what}: not within {} s", after.as_secs())]
    Deadline {
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
    },
    /// Programs that the sandbox needs and cannot install; one line each.
    #[error("{}", .0.join("\n"))]
    Missing(Vec<String>),
    /// The state directory holds things that the sandbox did not make.
    #[error("{} is not empty and was not made by the sandbox: choose another --dir, or empty it yourself", .0.display())]
    ForeignDirectory(PathBuf),
    /// There is no sandbox in the state directory.
    #[error("no sandbox in {}: `cargo sandbox up` starts one", .0.display())]
    NoSandbox(PathBuf),
    /// A file or an answer is not what was expected.
    #[error("cannot understand {what}: {source}")]
    Malformed {
        /// The file or the answer.
        what: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// The Kubernetes API refused a request of the sandbox.
    #[error("the Kubernetes API refused to {action}: {source}")]
    Kubernetes {
        /// What was tried, as a verb.
        action: String,
        /// The cause.
        source: Box<kube::Error>,
    },
    /// The kubeconfig of the sandbox cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Kubeconfig {
        /// The kubeconfig.
        path: PathBuf,
        /// The cause.
        source: Box<kube::config::KubeconfigError>,
    },
    /// No free TCP port was found on the loopback interface.
    #[error("no {wanted} free ports between {first} and {last} on 127.0.0.1: stop what uses them")]
    NoFreePort {
        /// How many were needed.
        wanted: usize,
        /// The first port tried.
        first: u16,
        /// The last port tried.
        last: u16,
    },
    /// A certificate or its key could not be made or read.
    #[error("cannot make the certificate of {subject}: {source}")]
    Certificate {
        /// Whose.
        subject: String,
        /// The cause.
        source: rcgen::Error,
    },
    /// The kernel refused a part of the network.
    #[error("`{command}` failed: {message}\nremove what an earlier sandbox left with `cargo sandbox down`")]
    Network {
        /// The command that failed.
        command: String,
        /// What it said.
        message: String,
    },
    /// The sandbox has no real nodes.
    #[error(
        "this sandbox has no real nodes: bring it up without --no-nodes, as root, on a machine with namespaces and cgroups"
    )]
    NoNodes,
    /// Something is wrong with a node; says what and what to do.
    #[error("{0}")]
    Node(String),
    /// AWS refused what a node needs.
    #[error(transparent)]
    Aws(#[from] crate::aws::Error),
    /// The token signing key could not be made.
    #[error("cannot make the key that signs service account tokens")]
    Key,
    /// A document lost the place that generated text goes to.
    #[error("{} lacks the lines between which results are written", .0.display())]
    NoMarks(PathBuf),
    /// Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// Some tests failed; their own output says which.
    #[error("failed: {}", .0.join(", "))]
    Tests(Vec<String>),
}

impl Error {
    /// For `map_err` on file operations: names the action and the path.
    pub fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// For `map_err` on certificates: names the subject.
    pub fn certificate(subject: &str) -> impl FnOnce(rcgen::Error) -> Self {
        let subject = subject.to_owned();
        move |source| Self::Certificate { subject, source }
    }

    /// For `map_err` on calls to the Kubernetes API: names the action.
    pub fn kubernetes(action: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let action = action.into();
        move |source| Self::Kubernetes {
            action,
            source: Box::new(source),
        }
    }

    /// For `map_err` on JSON: names the file or the answer.
    pub fn malformed(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Malformed { what, source }
    }
}
