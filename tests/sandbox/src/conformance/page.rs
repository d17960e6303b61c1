//! The results, for a terminal and for `docs/conformance.md`. Pure.

use std::fmt::Write as _;

use super::expected::{Kind, Verdict};
use super::runs::Ended;
use crate::progress::in_words;

/// One line a test, and below it, where the outcome is a surprise, why and where its log is.
#[must_use]
pub(super) fn text(ended: &[Ended]) -> String {
    let width = ended.iter().map(|test| test.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for test in ended {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<width$}  {:>12}  {}",
            test.name,
            in_words(test.took),
            result(&test.verdict)
        );
        if let Verdict::Surprise(why) = &test.verdict {
            let _ = writeln!(text, "    {why}\n    its log is {}", test.log.display());
        }
    }
    let surprises = surprises(ended).len();
    let _ = writeln!(text, "\n{}, {surprises} of them not as expected", count(ended));
    text
}

/// The generated part of the document.
#[must_use]
pub(super) fn markdown(ended: &[Ended], version: &str) -> String {
    let mut text = format!("Kubernetes {version}: {}.\n\n", count(ended));
    text.push_str("| test | result | time | reason |\n|---|---|--:|---|\n");
    for test in ended {
        let reason = match &test.verdict {
            Verdict::Passed => "",
            Verdict::AsExpected(entry) => entry.reason,
            Verdict::Surprise(why) => why,
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            test.name,
            result(&test.verdict),
            in_words(test.took),
            reason.replace('|', "\\|")
        );
    }
    text
}

/// The tests whose outcome is not the expected one.
#[must_use]
pub(super) fn surprises(ended: &[Ended]) -> Vec<String> {
    let surprises = ended.iter().filter(|test| matches!(test.verdict, Verdict::Surprise(_)));
    surprises.map(|test| test.name.clone()).collect()
}

fn count(ended: &[Ended]) -> String {
    let passed = ended.iter().filter(|test| test.verdict == Verdict::Passed).count();
    format!("{} tests, {passed} passed", ended.len())
}

fn result(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::AsExpected(entry) => match entry.kind {
            Kind::Fails => "fails, as expected",
            Kind::Skips => "skips itself, as expected",
        },
        Verdict::Surprise(_) => "NOT AS EXPECTED",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::conformance::expected::TABLE;

    fn ended() -> Vec<Ended> {
        let test = |name: &str, verdict| Ended {
            name: name.to_owned(),
            verdict,
            took: Duration::from_secs(65),
            log: PathBuf::from("/logs/1.log"),
        };
        vec![
            test("a", Verdict::Passed),
            test(TABLE[0].test, Verdict::AsExpected(&TABLE[0])),
            test("c", Verdict::Surprise("no answer from a|b".to_owned())),
        ]
    }

    #[test]
    fn a_surprise_is_told_with_its_log() {
        let text = text(&ended());
        assert!(
            text.contains("    no answer from a|b\n    its log is /logs/1.log\n"),
            "{text}"
        );
        assert!(
            text.ends_with("\n3 tests, 1 passed, 1 of them not as expected\n"),
            "{text}"
        );
        assert_eq!(surprises(&ended()), ["c"]);
    }

    #[test]
    fn the_document_tells_the_reason_of_each_test_that_did_not_pass() {
        let page = markdown(&ended(), "v1.2.3");
        assert!(page.starts_with("Kubernetes v1.2.3: 3 tests, 1 passed.\n"), "{page}");
        assert!(page.contains("| a | passed | 1 min 05 s |  |\n"), "{page}");
        let expected = format!("| fails, as expected | 1 min 05 s | {} |\n", TABLE[0].reason);
        assert!(page.contains(&expected), "{page}");
        assert!(page.contains("no answer from a\\|b |\n"), "{page}");
    }
}
