//! The text of a table: named counters, sets, maps and chains, each in the order of its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A table under construction.
#[derive(Debug, Default)]
pub(super) struct Table {
    counters: Vec<String>,
    /// Type and elements by name.
    sets: BTreeMap<String, (&'static str, Vec<String>)>,
    maps: BTreeMap<String, (&'static str, Vec<String>)>,
    /// Rules by name.
    chains: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// A rule that drops and counts, under the name of who did it.
    pub(super) fn drop_counted(&mut self, name: &str) -> String {
        let name = format!("dropped-{name}");
        let rule = format!("counter name \"{name}\" drop");
        if !self.counters.contains(&name) {
            self.counters.push(name);
        }
        rule
    }

    /// A set of elements of that type.
    pub(super) fn set(&mut self, name: &str, form: &'static str, elements: impl IntoIterator<Item = String>) {
        self.sets
            .insert(name.to_owned(), (form, elements.into_iter().collect()));
    }

    /// An empty map from keys to values, each of the types in `form`.
    pub(super) fn map(&mut self, name: &str, form: &'static str) {
        self.maps.insert(name.to_owned(), (form, Vec::new()));
    }

    /// Adds elements to a set or map that was made before.
    pub(super) fn add(&mut self, name: &str, elements: impl IntoIterator<Item = String>) {
        let found = self.sets.get_mut(name).or_else(|| self.maps.get_mut(name));
        debug_assert!(found.is_some(), "{name} was not made");
        if let Some((_, held)) = found {
            held.extend(elements);
        }
    }

    /// Adds rules to a chain; the first of a base chain is its hook.
    pub(super) fn chain(&mut self, name: &str, rules: impl IntoIterator<Item = String>) {
        self.chains.entry(name.to_owned()).or_default().extend(rules);
    }

    /// Whether there is a chain of that name.
    pub(super) fn has_chain(&self, name: &str) -> bool {
        self.chains.contains_key(name)
    }

    /// The table as `nft` reads it.
    pub(super) fn text(&self, name: &str) -> String {
        let mut text = format!("table ip {name} {{\n");
        for counter in &self.counters {
            let _ = writeln!(text, "\tcounter {counter} {{\n\t}}");
        }
        for (kind, all) in [("set", &self.sets), ("map", &self.maps)] {
            for (name, (form, elements)) in all {
                let _ = writeln!(text, "\t{kind} {name} {{\n\t\ttype {form}\n{}\t}}", listed(elements));
            }
        }
        for (name, rules) in &self.chains {
            let _ = writeln!(text, "\tchain {name} {{");
            for rule in rules {
                let _ = writeln!(text, "\t\t{rule}");
            }
            text.push_str("\t}\n");
        }
        text.push_str("}\n");
        text
    }
}

/// An empty list of elements is not accepted.
fn listed(elements: &[String]) -> String {
    let mut elements = elements.to_vec();
    elements.sort();
    elements.dedup();
    match elements.as_slice() {
        [] => String::new(),
        some => format!("\t\telements = {{ {} }}\n", some.join(", ")),
    }
}
