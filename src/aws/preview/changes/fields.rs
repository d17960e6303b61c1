//! The fields in which two JSON objects differ.

use serde::Serialize;
use serde_json::{Map, Value};

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Names from the outermost to the field's own.
    pub path: Vec<String>,
    /// Its value before; null where there was none. A list is one value.
    pub old: Value,
    /// Its value after; null where there is none any more.
    pub new: Value,
}

/// The fields that differ, by path. What is empty counts as missing.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    collect(&mut Vec::new(), old, new, &mut found);
    found
}

fn collect(path: &mut Vec<String>, old: &Value, new: &Value, found: &mut Vec<FieldChange>) {
    if old == new || (is_empty(old) && is_empty(new)) {
        return;
    }
    let empty = Map::new();
    match (members(old, &empty), members(new, &empty)) {
        (Some(before), Some(after)) => {
            let told = found.len();
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let of = |members: &Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                path.push(name.clone());
                collect(path, &of(before), &of(after), found);
                path.pop();
            }
            // A member such as a subnet, of which nothing but its being there is to be told.
            if found.len() == told && !path.is_empty() {
                found.push(field(path, old, new));
            }
        }
        _ => found.push(field(path, old, new)),
    }
}

fn field(path: &[String], old: &Value, new: &Value) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        old: old.clone(),
        new: new.clone(),
    }
}

/// The fields of an object; of null none.
fn members<'a>(value: &'a Value, empty: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        Value::Null => Some(empty),
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::equal(json!({"a": 1}), json!({"a": 1}), json!([]))]
    #[case::empty_is_missing(json!({"a": [], "b": {}}), json!({"a": null}), json!([]))]
    #[case::value(json!({"a": {"b.c": 1, "d": 2}}), json!({"a": {"b.c": 3, "d": 2}}),
        json!([{"path": ["a", "b.c"], "old": 1, "new": 3}]))]
    #[case::list_as_one(json!({"a": [1]}), json!({"a": [1, 2]}), json!([{"path": ["a"], "old": [1], "new": [1, 2]}]))]
    #[case::made(json!(null), json!({"a": {"b": 1}, "c": "d", "e": []}),
        json!([{"path": ["a", "b"], "old": null, "new": 1}, {"path": ["c"], "old": null, "new": "d"}]))]
    #[case::member_without_values(json!({"s": {}}), json!({"s": {"a": {"b": null}}}),
        json!([{"path": ["s", "a"], "old": null, "new": {"b": null}}]))]
    #[case::another_shape(json!({"a": "tcp"}), json!({"a": {"http": {"path": "/"}}}),
        json!([{"path": ["a"], "old": "tcp", "new": {"http": {"path": "/"}}}]))]
    fn every_field_that_differs_is_told_once(#[case] old: Value, #[case] new: Value, #[case] expected: Value) {
        assert_eq!(serde_json::to_value(changes(&old, &new)).unwrap(), expected);
    }
}
