//! Collects all that is wrong with the settings, so that a user need not mend them one by one.

use std::fmt;

use super::flags::Raw;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The flag, without hyphens.
    pub flag: &'static str,
    /// What was given; none if nothing was.
    pub value: Option<String>,
    /// What may be given.
    pub allowed: String,
}

/// All settings that cannot be used; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// Checks values and keeps what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Check {
    problems: Vec<Problem>,
}

impl Check {
    /// The value, or `None` if it is wrong.
    pub(super) fn value<T>(
        &mut self,
        flag: &'static str,
        raw: &Raw,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        parse(raw.as_str())
            .map_err(|allowed| self.wrong(flag, raw, allowed))
            .ok()
    }

    /// The value if one is given, or `None` if it is wrong. An empty one counts as none: templates write it so.
    pub(super) fn optional<T>(
        &mut self,
        flag: &'static str,
        raw: Option<&Raw>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        match raw.filter(|raw| !raw.as_str().is_empty()) {
            Some(raw) => self.value(flag, raw, parse).map(Some),
            None => Some(None),
        }
    }

    /// The value, or `None` if it is wrong or missing.
    pub(super) fn required<T>(
        &mut self,
        flag: &'static str,
        raw: Option<&Raw>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.optional(flag, raw, parse)?;
        if value.is_none() {
            self.problems.push(Problem {
                flag,
                value: None,
                allowed: "it is required".to_owned(),
            });
        }
        value
    }

    /// `raw` cannot be used, for a reason that the value alone does not show.
    pub(super) fn wrong(&mut self, flag: &'static str, raw: &Raw, allowed: String) {
        self.problems.push(Problem {
            flag,
            value: Some(raw.as_str().to_owned()),
            allowed,
        });
    }

    /// What was checked, if nothing is wrong.
    pub(super) fn outcome<T>(self, checked: Option<T>) -> Result<T, Problems> {
        match checked {
            Some(checked) if self.problems.is_empty() => Ok(checked),
            _ => Err(Problems(self.problems)),
        }
    }
}

/// The environment variable that stands for a flag.
pub(super) fn variable(flag: &str) -> String {
    format!("ELBOW_{}", flag.replace('-', "_").to_uppercase())
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{} ({})", self.flag, variable(self.flag))?;
        match &self.value {
            Some(value) => write!(f, " = {value:?}: must be {}", self.allowed),
            None => write!(f, ": {}", self.allowed),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these settings cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}
