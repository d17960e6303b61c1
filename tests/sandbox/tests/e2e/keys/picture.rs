//! What AWS shows of each Service, as `by_hand::picture` draws it.

use serde_json::Value;

/// A picture of all Services of one namespace.
pub(crate) struct Picture<'a> {
    all: &'a Value,
    namespace: &'a str,
}

impl<'a> Picture<'a> {
    pub(crate) fn new(all: &'a Value, namespace: &'a str) -> Self {
        Self { all, namespace }
    }

    /// Where AWS shows something else than expected: a JSON pointer into the Service's part, and the value; null is
    /// nothing there, and `{"not": X}` is anything but X.
    pub(crate) fn faults(&self, service: &str, expected: &[(&'static str, Value)]) -> Vec<String> {
        let whole = &self.all[format!("{}/{service}", self.namespace)];
        let fault = |(pointer, wanted): &(&'static str, Value)| {
            let seen = whole.pointer(pointer).unwrap_or(&Value::Null);
            let fits = match wanted.get("not") {
                Some(other) => seen != other,
                None => seen == wanted,
            };
            (!fits).then(|| format!("{service}: {pointer} is {seen}, not {wanted}"))
        };
        expected.iter().filter_map(fault).collect()
    }
}
