//! The tests, run side by side, each in a process of its own: most of the time they wait.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::expected::{self, Kind, Verdict};
use super::report::{Outcome, Test};
use super::suite::Suite;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::state::Sandbox;
use crate::{files, run};

/// Words in the names of tests that take a quarter of an hour.
const LONG: &str = "rolling update";

/// A test that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// Its name without labels.
    pub(super) name: String,
    /// What became of it, compared with what is expected.
    pub(super) verdict: Verdict,
    /// How long it took, with the making and removing of its namespace.
    pub(super) took: Duration,
    /// All that it said.
    pub(super) log: PathBuf,
}

/// What the tests need.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    /// The tests' program.
    pub(super) suite: &'a Suite,
    /// The cluster.
    pub(super) sandbox: &'a Sandbox,
    /// Where each test is announced.
    pub(super) progress: &'a Progress,
}

impl Runs<'_> {
    /// Runs the tests, so many at once; the result is in the order of their names.
    ///
    /// # Errors
    /// When the suite could not run; a test that fails is no error.
    pub(super) async fn all(&self, mut tests: Vec<Test>, at_once: usize) -> Result<Vec<Ended>> {
        tests.sort_by_key(|test| (turn(&test.name()), test.full_name.clone()));
        let runs = tests.iter().enumerate().map(|(number, test)| self.one(number, test));
        let mut ended: Vec<Ended> = stream::iter(runs).buffer_unordered(at_once).try_collect().await?;
        ended.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(ended)
    }

    async fn one(&self, number: usize, test: &Test) -> Result<Ended> {
        let (name, began) = (test.name(), Instant::now());
        let log = self.sandbox.layout()?.log(&format!("conformance-{number:02}"));
        let step = self.progress.step(&name, Some(&log), async {
            let outcome = self.outcome(number, test, &log).await.map_err(Stopped::Error)?;
            match expected::judge(&name, &outcome) {
                Verdict::Surprise(why) => Err(Stopped::Surprise(why)),
                foreseen => Ok(foreseen),
            }
        });
        let verdict = match step.await {
            Ok(foreseen) => foreseen,
            Err(Stopped::Surprise(why)) => Verdict::Surprise(why),
            Err(Stopped::Error(error)) => return Err(error),
        };
        Ok(Ended {
            name,
            verdict,
            took: began.elapsed(),
            log,
        })
    }

    /// Runs one test. The program fails where the test does, so its report tells more than its end.
    async fn outcome(&self, number: usize, test: &Test, log: &Path) -> Result<Outcome> {
        let report = self.suite.report(number);
        // An earlier run's words would be taken for this one's.
        files::remove(log)?;
        files::remove(&report)?;
        let command = self.suite.run(self.sandbox, test, &report)?;
        let layout = self.sandbox.layout()?;
        let run = run::to_end_on_record(&format!("conformance-{number:02}"), command, log, &layout).await;
        if let Err(error) = run
            && !report.is_file()
        {
            return Err(error);
        }
        let mut outcomes = self.suite.read(&report)?.into_iter();
        let own = outcomes.find(|(one, _)| one == test).map(|(_, outcome)| outcome);
        Ok(own.unwrap_or_else(|| Outcome::Failed("the suite ended before the test began".to_owned())))
    }
}

/// Why a step did not end as it should.
enum Stopped {
    Surprise(String),
    Error(Error),
}

/// When a test begins: the longest first, then those that wait in vain.
fn turn(name: &str) -> u8 {
    let fails = |entry: &expected::Entry| entry.test == name && entry.kind == Kind::Fails;
    match name {
        long if long.contains(LONG) => 0,
        _ if expected::TABLE.iter().any(fails) => 1,
        _ => 2,
    }
}
