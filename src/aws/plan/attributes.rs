//! Attributes of load balancers, listeners and target groups.

use crate::aws::stack::Attributes;

/// The wanted attributes that differ from the observed ones. One that was not observed has AWS' default, which
/// `default` knows; if it does not, the attribute is set. A key that is not wanted is left alone.
pub(super) fn differing(
    wanted: &Attributes,
    observed: &Attributes,
    default: impl Fn(&str) -> Option<&'static str>,
) -> Attributes {
    let differs = |key: &String, value: &String| match observed.get(key) {
        Some(present) => present != value,
        None => default(key) != Some(value),
    };
    let wanted = wanted.iter().filter(|(key, value)| differs(key, value));
    wanted.map(|(key, value)| (key.clone(), value.clone())).collect()
}
