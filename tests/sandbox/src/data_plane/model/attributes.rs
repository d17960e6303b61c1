//! Attributes of load balancers, listeners and target groups.

use std::collections::BTreeMap;
use std::time::Duration;

/// Attributes by the keys of the API references of `LoadBalancerAttribute`, `ListenerAttribute` and `TargetGroupAttribute`.
/// The API tells every attribute, also those at their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// The value; empty when there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// Whether the value is `true` or `on`.
    #[must_use]
    pub fn is_on(&self, key: &str) -> bool {
        matches!(self.text(key), "true" | "on")
    }

    /// The value as a number; none when it is `off` or absent.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key).parse().ok()
    }

    /// The value as a number of seconds; 0 when it is absent.
    #[must_use]
    pub fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(self.number(key).unwrap_or_default())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        Self(pairs.map(|(key, value)| (key.into(), value.into())).collect())
    }
}
