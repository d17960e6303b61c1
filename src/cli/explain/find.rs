//! Finds the keys that are meant.

use super::words::pattern;
use crate::aws::desired::annotations::keys::{FAMILY, KEYS, Key, PREFIX, REFUSED, Refused, Suffix};

/// What can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// An annotation that elbow reads.
    Key(&'static Key),
    /// One that it refuses.
    Refused(&'static Refused),
}

/// A text that names no key, or more than one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// Many keys hold it.
    #[error("several keys hold {text:?}, say which one:\n  {}", names.join("\n  "))]
    Several {
        /// What was asked for.
        text: String,
        /// The keys, as they are written.
        names: Vec<String>,
    },
    /// No key holds it.
    #[error("there is no key {text:?}; {}elbow explain lists all keys", did_you_mean(near))]
    Unknown {
        /// What was asked for.
        text: String,
        /// Those that look most like it, the nearest first.
        near: Vec<String>,
    },
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("did you mean {}? ", near.join(" or "))
    }
}

impl Topic {
    /// All keys, and those that are refused after them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let keys = KEYS.iter().copied().map(Self::Key);
        keys.chain(REFUSED.iter().map(Self::Refused)).collect()
    }

    /// Name and suffix after the prefix of all keys, as in `actions.PROTOCOL-PORT`.
    pub(super) fn pattern(self) -> String {
        match self {
            Self::Key(key) => pattern(key),
            Self::Refused(refused) => refused.name.to_owned(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Key(key) => key.name,
            Self::Refused(refused) => refused.name,
        }
    }

    /// Is `text` this key in full? A suffix need not be one that a Service has: the answer says how it is written.
    fn is(self, text: &str) -> bool {
        let has_suffix = matches!(self, Self::Key(key) if key.suffix != Suffix::None);
        let suffix = text.strip_prefix(self.name());
        suffix.is_some_and(|suffix| suffix.is_empty() || (has_suffix && suffix.starts_with('.')))
    }
}

/// The topics that `text` names: all of one name, with and without suffix, or the one with the suffix.
///
/// # Errors
/// [`NotFound`].
pub fn topics(text: &str) -> Result<Vec<Topic>, NotFound> {
    let short = text.strip_prefix(PREFIX).unwrap_or(text);
    let all = Topic::all();
    let filtered = |wanted: &dyn Fn(Topic) -> bool| -> Vec<Topic> {
        let wanted = all.iter().copied().filter(|topic| wanted(*topic));
        wanted.collect()
    };
    for full in [short.to_owned(), format!("{FAMILY}{short}")] {
        let named = filtered(&|topic| topic.is(&full));
        if !named.is_empty() {
            return Ok(named);
        }
    }
    let lower = short.to_lowercase();
    let holders = filtered(&|topic| topic.pattern().to_lowercase().contains(&lower));
    match holders.as_slice() {
        [] => Err(NotFound::Unknown {
            text: text.to_owned(),
            near: near(&lower, &all),
        }),
        [first, rest @ ..] if rest.iter().all(|other| other.name() == first.name()) => Ok(holders),
        several => Err(NotFound::Several {
            text: text.to_owned(),
            names: several.iter().map(|topic| topic.pattern()).collect(),
        }),
    }
}

/// So many are suggested.
const SUGGESTIONS: usize = 3;

/// Patterns that need few changes to become `text`, which may lack the family's name.
fn near(text: &str, all: &[Topic]) -> Vec<String> {
    let wanted = text.strip_prefix(FAMILY).unwrap_or(text);
    let allowed = (wanted.chars().count() / 3).max(2);
    let mut near: Vec<(usize, String)> = all
        .iter()
        .map(|topic| {
            let name = topic.name();
            let short = name.strip_prefix(FAMILY).unwrap_or(name);
            (distance(wanted, short), topic.pattern())
        })
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    near.sort();
    near.into_iter().take(SUGGESTIONS).map(|(_, pattern)| pattern).collect()
}

/// How many characters must be put in, taken out or replaced to make one text of the other (Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = index;
        row[0] = index + 1;
        for (column, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *candidate);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_key_is_found_by_its_full_name_and_without_prefix_and_family() {
        for topic in Topic::all() {
            let name = topic.name();
            let short = name.strip_prefix(FAMILY).unwrap_or(name);
            for text in [
                format!("{PREFIX}{name}"),
                name.to_owned(),
                short.to_owned(),
                topic.pattern(),
            ] {
                let found = topics(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert!(found.contains(&topic), "{text}: {found:?}");
                assert!(found.iter().all(|other| other.name() == name), "{text}: {found:?}");
            }
        }
    }

    #[rstest]
    #[case("proxy-protocol-per", &["aws-load-balancer-proxy-protocol-per-target-group"])]
    #[case("WAFv2", &["aws-load-balancer-wafv2-acl-arn"])]
    #[case("scheme", &["aws-load-balancer-scheme"])]
    #[case("actions.TCP-80", &["actions.PROTOCOL-PORT"])]
    #[case("target-group-attributes.443", &["aws-load-balancer-target-group-attributes.PORT"])]
    #[case(
        "target-group-attributes",
        &["aws-load-balancer-target-group-attributes", "aws-load-balancer-target-group-attributes.PORT"]
    )]
    fn a_part_that_only_one_key_has_is_enough(#[case] text: &str, #[case] expected: &[&str]) {
        let found: Vec<_> = topics(text).unwrap().into_iter().map(Topic::pattern).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_part_of_several_keys_names_them() {
        let Err(NotFound::Several { names, .. }) = topics("access-log") else {
            panic!("one of three");
        };
        assert_eq!(names.len(), 3, "{names:?}");
    }

    #[rstest]
    #[case("shceme", "aws-load-balancer-scheme")]
    #[case("aws-load-balancer-subnet-ids", "aws-load-balancer-subnets")]
    #[case(
        "service.beta.kubernetes.io/aws-load-balancer-ssl-certs",
        "aws-load-balancer-ssl-cert"
    )]
    fn a_slip_of_the_pen_gets_a_suggestion(#[case] text: &str, #[case] expected: &str) {
        let Err(NotFound::Unknown { near, .. }) = topics(text) else {
            panic!("{text} is no key");
        };
        assert_eq!(near[0], expected);
        assert!(near.len() <= SUGGESTIONS);
    }

    #[test]
    fn what_looks_like_no_key_gets_none() {
        let error = topics("kubernetes").unwrap_err();
        let expected = r#"there is no key "kubernetes"; elbow explain lists all keys"#;
        assert_eq!(error.to_string(), expected);
    }

    #[rstest]
    #[case("", "abc", 3)]
    #[case("abc", "", 3)]
    #[case("same", "same", 0)]
    #[case("kitten", "sitting", 3)]
    fn the_distance_counts_changes(#[case] one: &str, #[case] other: &str, #[case] expected: usize) {
        assert_eq!(distance(one, other), expected);
    }
}
