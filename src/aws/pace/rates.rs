//! PURE. How fast calls may be: AWS' published rates, and what an operator says instead.

use std::collections::BTreeMap;

use super::class::{CLASSES, Class};

/// A token bucket: so many calls at once, and so many more each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tokens that the full bucket holds, at least 1.
    pub burst: u32,
    /// Tokens that come back each second, more than 0 and finite.
    pub per_second: f64,
}

/// `--aws-api-rates`: the rate of each class.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    /// AWS' published rates, but these for the classes of these names.
    Published(BTreeMap<&'static str, Rate>),
    /// No call waits.
    Unlimited,
}

impl Default for Rates {
    fn default() -> Self {
        Self::Published(BTreeMap::new())
    }
}

impl Rates {
    /// From `off`, or from `CLASS=BURST:RATE,...`, where a class may also be told by the beginning of its name up to a
    /// hyphen, as in `ec2=200:100` for all of EC2; of several that say something of a class the last one holds.
    ///
    /// # Errors
    /// What is allowed; completes "must be ...".
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Unlimited);
        }
        let mut rates = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, rate) = part.split_once('=').ok_or_else(allowed)?;
            let rate = rate_of(rate.trim()).ok_or_else(allowed)?;
            let mut meant = CLASSES
                .iter()
                .filter(|class| is_meant(name.trim(), class.name))
                .peekable();
            if meant.peek().is_none() {
                return Err(format!("{}; there is no class {}", allowed(), name.trim()));
            }
            rates.extend(meant.map(|class| (class.name, rate)));
        }
        Ok(Self::Published(rates))
    }

    /// The rate of a class; none where calls do not wait.
    #[must_use]
    pub fn of(&self, class: &Class) -> Option<Rate> {
        match self {
            Self::Published(instead) => Some(*instead.get(class.name).unwrap_or(&class.published)),
            Self::Unlimited => None,
        }
    }
}

fn is_meant(given: &str, class: &str) -> bool {
    let rest = class.strip_prefix(given);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn rate_of(text: &str) -> Option<Rate> {
    let (burst, per_second) = text.split_once(':')?;
    let (burst, per_second): (u32, f64) = (burst.parse().ok()?, per_second.parse().ok()?);
    let sound = burst > 0 && per_second.is_finite() && per_second > 0.0;
    sound.then_some(Rate { burst, per_second })
}

fn allowed() -> String {
    "off, or a list of CLASS=BURST:RATE with a burst of at least 1 and more than 0 calls a second, such as \
     elbv2-registration=40:8"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn registration() -> &'static Class {
        Class::of("elasticloadbalancing:RegisterTargets").unwrap()
    }

    #[rstest]
    #[case::nothing("", 20, 4.0)]
    #[case::of_another_class("elbv2-mutating=1:1", 20, 4.0)]
    #[case::of_the_class("elbv2-registration=40:8.5", 40, 8.5)]
    #[case::of_all_of_a_service(" elbv2 = 7:0.5 ,", 7, 0.5)]
    #[case::the_last_holds("elbv2=7:0.5,elbv2-registration=40:8", 40, 8.0)]
    fn what_is_not_said_is_as_published(#[case] text: &str, #[case] burst: u32, #[case] per_second: f64) {
        let rates = Rates::parse(text).unwrap();
        assert_eq!(rates.of(registration()), Some(Rate { burst, per_second }));
    }

    #[test]
    fn off_means_that_nothing_waits() {
        assert_eq!(Rates::parse("off").unwrap().of(registration()), None);
    }

    #[rstest]
    #[case("elbv2-registration")]
    #[case("elbv2-registration=20")]
    #[case("elbv2-registration=0:4")]
    #[case("elbv2-registration=20:0")]
    #[case("elbv2-registration=20:inf")]
    #[case("elbv2-registration=20:-4")]
    #[case("elb=20:4")]
    #[case("on")]
    fn what_is_no_rate_is_refused(#[case] text: &str) {
        assert!(Rates::parse(text).is_err());
    }
}
