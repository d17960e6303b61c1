//! How cost grows with the number of Services: counted on the AWS in memory, where time and LocalStack are no limit.

use tokio::process::Command;

use crate::checkout;
use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;
use crate::progress::Progress;
use crate::run;

/// Runs the simulation's own measurement, which fails where a line grows faster than its work; the table that it prints.
///
/// # Errors
/// [`Error::Failed`] when it does.
pub(super) async fn table(layout: &Layout, progress: &Progress) -> Result<String> {
    let log = layout.log("bench-growth");
    if log.exists() {
        std::fs::remove_file(&log).map_err(Error::file("remove", &log))?;
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The packages of all tests, so that the dependencies are theirs too.
    cargo
        .args(["test", "--package", "elbow", "--package", "elbow-sandbox"])
        .args(["--test", "simulation", "growth::long", "--", "--ignored", "--nocapture"])
        .current_dir(checkout::root());
    let name = "counting the calls of 10, 100 and 1,000 Services on the AWS in memory";
    let counted = run::to_end("counting calls", cargo, &log);
    progress.step(name, Some(&log), counted).await?;
    Ok(rows(&files::read(&log)?))
}

/// The lines of tables; the test harness's own words may stand before the first cell.
fn rows(output: &str) -> String {
    let rows = output.lines().filter_map(|line| line.find("| ").map(|at| &line[at..]));
    rows.filter(|row| row.ends_with('|'))
        .map(|row| format!("{row}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_is_kept() {
        let output = "running 1 test\ntest growth::x ... | line | 10 |\n| --- | --: |\n| create | 61 |\nok\n";
        assert_eq!(rows(output), "| line | 10 |\n| --- | --: |\n| create | 61 |\n");
    }
}
