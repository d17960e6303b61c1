//! The suite: built from its Go module, asked for its tests, and called for one of them at a time.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::report::{self, Test};
use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::files;
use crate::go::GoModule;
use crate::layout::Layout;
use crate::network;
use crate::progress::Progress;
use crate::state::Sandbox;

/// The registry that the images of the suite are said to come from; no machine has that name.
const REGISTRY: &str = "registry.local";

/// The Go module that is built from.
const KUBERNETES: &str = "k8s.io/kubernetes";

/// The label of the tests of load balancer Services, in Ginkgo's language of filters.
const LABEL: &str = "Feature: containsAny LoadBalancer";

/// The built suite, and the files of its runs.
#[derive(Debug)]
pub(super) struct Suite {
    /// The directory with the suite and agnhost.
    programs: PathBuf,
    /// The version of Kubernetes that the tests are of, such as `v1.36.3`.
    pub(super) version: String,
    /// Reports and settings.
    files: PathBuf,
}

impl Suite {
    /// Builds what is missing in the cache.
    pub(super) async fn build(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<Self> {
        let module = GoModule::new("conformance", KUBERNETES, |version| {
            vec![format!("k8s.io/component-base/version.gitVersion={version}")]
        })?;
        let module = module.with_tests("k8s.io/kubernetes/test/e2e", "e2e.test");
        let suite = Self {
            programs: module.build(cache, &layout.log("build-conformance"), progress).await?,
            version: module.requires(KUBERNETES)?.unwrap_or_default(),
            files: layout.part("conformance"),
        };
        files::write(&suite.registries(), registries())?;
        Ok(suite)
    }

    /// The program of the suite's Pods.
    #[must_use]
    pub(super) fn agnhost(&self) -> PathBuf {
        self.programs.join("agnhost")
    }

    /// The full name of the image that the suite's Pods are made of.
    ///
    /// # Errors
    /// When the suite cannot be asked.
    pub(super) async fn image(&self) -> Result<String> {
        let mut command = self.command();
        let output = command.arg("--list-images").stderr(Stdio::null()).output().await;
        let output = output.map_err(|source| self.cannot_start(source))?;
        let listed = String::from_utf8_lossy(&output.stdout);
        let none = || {
            Error::Missing(vec![
                "the suite names no image agnhost: see `e2e.test --list-images`".to_owned(),
            ])
        };
        newest_agnhost(&listed).ok_or_else(none)
    }

    /// The tests of load balancer Services whose full names match a regular expression of Go's; all of them without.
    ///
    /// # Errors
    /// When the expression is none, or the suite cannot be run.
    pub(super) async fn tests(&self, focus: Option<&str>, log: &Path) -> Result<Vec<Test>> {
        let report = self.files.join("tests.json");
        let mut command = self.command();
        command.args(["--ginkgo.dry-run", "--ginkgo.succinct"]);
        command.arg(format!("--ginkgo.label-filter={LABEL}"));
        if let Some(focus) = focus {
            command.arg(format!("--ginkgo.focus={focus}"));
        }
        command.arg(format!("--ginkgo.json-report={}", report.display()));
        crate::run::to_end("listing the tests", command, log).await?;
        let listed = self.read(&report)?;
        Ok(listed.into_iter().map(|(test, _)| test).collect())
    }

    /// A run of one test as the sandbox's client, which writes its report to a file.
    ///
    /// # Errors
    /// [`Error::NoNodes`].
    pub(super) fn run(&self, sandbox: &Sandbox, test: &Test, report: &Path) -> Result<Command> {
        let program = self.programs.join("e2e.test");
        let mut command = network::client::command(&sandbox.layout()?, sandbox.network()?, &[program]);
        self.prepare(&mut command);
        command
            .arg("--provider=skeleton")
            .arg(format!("--kubeconfig={}", sandbox.kubeconfig.display()))
            .arg(format!("--kubectl-path={}", sandbox.tools.kubectl().display()))
            .arg("--disable-log-dump=true")
            .args(["--ginkgo.v", "--ginkgo.timeout=2h"])
            .arg(format!("--ginkgo.focus={}", only(test)))
            .arg(format!("--ginkgo.json-report={}", report.display()))
            .env("KUBECACHEDIR", self.files.join("kubectl"));
        Ok(command)
    }

    /// A report of the suite; it is removed, for it is large.
    ///
    /// # Errors
    /// When it is not there or is none.
    pub(super) fn read(&self, report: &Path) -> Result<Vec<(Test, report::Outcome)>> {
        let text = files::read(report)?;
        files::remove(report)?;
        report::read(&text).map_err(Error::malformed("the suite's report"))
    }

    /// Where the report of the test with a number goes.
    #[must_use]
    pub(super) fn report(&self, number: usize) -> PathBuf {
        self.files.join(format!("{number}.json"))
    }

    fn registries(&self) -> PathBuf {
        self.files.join("registries.yaml")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.programs.join("e2e.test"));
        self.prepare(&mut command);
        command.kill_on_drop(true);
        command
    }

    /// The suite writes to its working directory here and there.
    fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.files).arg("--ginkgo.no-color");
        // Its flag for the file is read after some tests have looked up their image.
        command.env("KUBE_TEST_REPO_LIST", self.registries());
    }

    fn cannot_start(&self, source: std::io::Error) -> Error {
        Error::Start {
            program: self.programs.join("e2e.test").display().to_string(),
            source,
        }
    }
}

/// The suite's file of registries: the one of its own images is replaced.
fn registries() -> String {
    format!("promoterE2eRegistry: {REGISTRY}/e2e-test-images\n")
}

/// The newest agnhost of our registry; older ones are listed for upgrade tests.
fn newest_agnhost(listed: &str) -> Option<String> {
    let prefix = format!("{REGISTRY}/e2e-test-images/agnhost:");
    let tags = listed.lines().filter_map(|line| line.trim().strip_prefix(&prefix));
    let version = |tag: &&str| {
        tag.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect::<Vec<u32>>()
    };
    tags.max_by_key(version).map(|tag| format!("{prefix}{tag}"))
}

/// The regular expression for one test and no other; Ginkgo puts the suite's name and a space before the test's.
fn only(test: &Test) -> String {
    let mut expression = String::from(" ");
    for letter in test.full_name.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            expression.push('\\');
        }
        expression.push(letter);
    }
    expression.push('$');
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_agnhost_of_the_own_registry_is_chosen_by_number_not_by_letter() {
        let listed = "registry.local/e2e-test-images/agnhost:2.9\nelsewhere/agnhost:3.0\n\
            registry.local/e2e-test-images/agnhost:2.63.0\nregistry.local/e2e-test-images/busybox:9\n";
        let newest = Some("registry.local/e2e-test-images/agnhost:2.63.0".to_owned());
        assert_eq!(newest_agnhost(listed), newest);
        assert_eq!(newest_agnhost("elsewhere/agnhost:3.0"), None);
    }

    #[test]
    fn the_expression_for_a_test_takes_its_name_literally_and_whole() {
        let test = Test {
            full_name: "[sig-network] LoadBalancers: a=b (c)".to_owned(),
        };
        assert_eq!(only(&test), r" \[sig-network\] LoadBalancers: a=b \(c\)$");
    }
}
