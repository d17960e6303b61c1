//! The last question before something is deleted.

use std::io::{BufRead, Write};

use super::report::Report;
use super::text;

/// Asks a person. Only a clear yes is one: no answer, an unreadable one and the end of the input are not.
pub(super) fn is_agreed(report: &Report, answers: &mut impl BufRead, questions: &mut impl Write) -> bool {
    // Whoever does not see the question does not answer it.
    let _ = write!(questions, "Delete {}? [y/N] ", text::amount(report));
    let _ = questions.flush();
    let mut answer = String::new();
    answers.read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::cli::gc::report::{Outcome, Shared};

    fn report() -> Report {
        Report {
            cluster: "prod".to_owned(),
            vpc: "vpc-1".to_owned(),
            outcome: Outcome::Orphans,
            living: 1,
            orphans: Vec::new(),
            shared: Shared::default(),
        }
    }

    #[rstest]
    #[case("y\n", true)]
    #[case("Y\n", true)]
    #[case("yes\r\n", true)]
    #[case("\n", false)]
    #[case("", false)]
    #[case("n\n", false)]
    #[case("yesterday\n", false)]
    #[case("no\ny\n", false)]
    #[case("\u{fffd}y\n", false)]
    fn only_a_clear_yes_is_one(#[case] answer: &str, #[case] agreed: bool) {
        let mut question = Vec::new();
        assert_eq!(is_agreed(&report(), &mut answer.as_bytes(), &mut question), agreed);
        assert_eq!(question, b"Delete 0 resources of 0 Services? [y/N] ");
    }

    #[test]
    fn what_is_no_text_is_no_yes() {
        assert!(!is_agreed(&report(), &mut b"\xffy\n".as_slice(), &mut Vec::new()));
    }
}
