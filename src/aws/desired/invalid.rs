//! Faults of a declaration: all are gathered, and told in one bounded message.

use crate::provider::ProviderError;

/// A declaration that cannot be satisfied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// A fixed word in `PascalCase`: reason of the event and of the condition.
    pub reason: &'static str,
    /// The field or annotation, its value, and what is allowed; at most [`Invalid::MAX_MESSAGE`] bytes.
    pub message: String,
}

/// Reason where no subnet can be used.
pub(super) const NO_SUBNET: &str = "NoSubnetFound";
/// Reason where chosen addresses do not fit the subnets.
pub(super) const ADDRESS_MISFIT: &str = "AddressMisfit";
/// Reason where a security group does not exist.
pub(super) const NO_SECURITY_GROUP: &str = "SecurityGroupNotFound";

impl Invalid {
    /// Longest message in bytes: the note of an event holds 1024 (Kubernetes API reference, `events.k8s.io/v1`).
    pub const MAX_MESSAGE: usize = 1000;

    pub(super) fn new(reason: &'static str, mut message: String) -> Self {
        cut(&mut message, Self::MAX_MESSAGE);
        Self { reason, message }
    }
}

/// Does a declaration that is invalid for this reason perhaps become valid with newer facts about the VPC?
#[must_use]
pub fn is_about_vpc(reason: &str) -> bool {
    [NO_SUBNET, NO_SECURITY_GROUP, ADDRESS_MISFIT].contains(&reason)
}

impl From<Invalid> for ProviderError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid {
            reason: invalid.reason,
            message: invalid.message,
        }
    }
}

/// Faults found so far, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(&'static str, String)>);

impl Faults {
    /// One that is found again, such as for a second port, is told once.
    pub(super) fn add(&mut self, reason: &'static str, text: impl Into<String>) {
        let fault = (reason, text.into());
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// The first fault gives the reason; all are told, as far as the message has room.
    ///
    /// # Errors
    /// [`Invalid`] if there is a fault.
    pub(super) fn finish(self) -> Result<(), Invalid> {
        let Some((reason, _)) = self.0.first() else {
            return Ok(());
        };
        Err(Invalid::new(
            reason,
            joined(self.0.iter().map(|(_, text)| text.as_str()), Invalid::MAX_MESSAGE),
        ))
    }
}

/// Room for the words that say how many were left out.
const REST: usize = "; and 18446744073709551615 more".len();

/// The texts with semicolons between, as many as fit into `limit` bytes, and how many were left out.
pub(super) fn joined<'a>(texts: impl ExactSizeIterator<Item = &'a str>, limit: usize) -> String {
    let mut message = String::new();
    let mut left = texts.len();
    for text in texts {
        let separator = if message.is_empty() { "" } else { "; " };
        if !message.is_empty() && message.len() + separator.len() + text.len() + REST > limit {
            break;
        }
        message.push_str(separator);
        message.push_str(text);
        left -= 1;
    }
    if left > 0 {
        cut(&mut message, limit - REST);
        message.push_str(&format!("; and {left} more"));
    }
    message
}

/// Longest part of a value that a message repeats, in characters.
const MAX_QUOTED: usize = 64;

/// A value as a message may repeat it: cut to a bounded length, control characters escaped, so that whoever writes an
/// annotation cannot write log lines or floods of text.
pub(super) fn quoted(value: &str) -> String {
    let mut characters = value.chars();
    let mut shown = String::from("`");
    for character in characters.by_ref().take(MAX_QUOTED) {
        match character {
            '`' => shown.extend(character.escape_unicode()),
            _ if character.is_alphanumeric() || character.is_ascii_punctuation() || character == ' ' => {
                shown.push(character)
            }
            _ => shown.extend(character.escape_default()),
        }
    }
    shown.push_str(if characters.next().is_some() { "...`" } else { "`" });
    shown
}

fn cut(text: &mut String, limit: usize) {
    const ELLIPSIS: &str = "...";
    if text.len() > limit {
        let end = (0..=limit - ELLIPSIS.len())
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        text.truncate(end);
        text.push_str(ELLIPSIS);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_fault_is_success() {
        assert_eq!(Faults::default().finish(), Ok(()));
    }

    #[test]
    fn the_first_fault_gives_the_reason_and_all_are_told() {
        let mut faults = Faults::default();
        faults.add("First", "one");
        faults.add("Second", "two");
        assert_eq!(
            faults.finish(),
            Err(Invalid {
                reason: "First",
                message: "one; two".into()
            })
        );
    }

    #[test]
    fn faults_that_do_not_fit_are_counted() {
        let mut faults = Faults::default();
        for number in 10..40 {
            faults.add("Same", format!("{number}{}", "x".repeat(98)));
        }
        let invalid = faults.finish().unwrap_err();
        assert!(invalid.message.ends_with("; and 21 more"), "{}", invalid.message);
    }

    #[test]
    fn a_fault_that_is_found_twice_is_told_once() {
        let mut faults = Faults::default();
        for text in ["one", "two", "one"] {
            faults.add("Same", text);
        }
        assert_eq!(faults.finish().unwrap_err().message, "one; two");
    }

    #[test]
    fn a_quoted_value_shows_control_characters_escaped() {
        assert_eq!(quoted("a\nb\u{1b}[0m`\u{202e}"), "`a\\nb\\u{1b}[0m\\u{60}\\u{202e}`");
    }

    proptest! {
        #[test]
        fn any_value_is_quoted_within_bounds_and_without_control_characters(value in ".{0,300}") {
            let shown = quoted(&value);
            prop_assert!(shown.chars().count() <= MAX_QUOTED * 10 + 5);
            prop_assert!(!shown.chars().any(char::is_control));
        }

        #[test]
        fn any_message_is_bounded(texts in proptest::collection::vec("[ab€]{0,400}", 1..20)) {
            let mut faults = Faults::default();
            for text in &texts {
                faults.add("Any", text.clone());
            }
            prop_assert!(faults.finish().unwrap_err().message.len() <= Invalid::MAX_MESSAGE);
        }
    }
}
