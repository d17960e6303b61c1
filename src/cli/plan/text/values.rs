//! How values of fields read.

use serde_json::Value;

use super::StandIn;
use crate::aws::preview::KNOWN_AFTER_APPLY;

/// How a field differs.
pub(super) enum Difference {
    /// It was not there before.
    Whole(String),
    /// One value becomes another.
    Scalar(String, String),
    /// Members of a list go and come.
    Members(Vec<String>, Vec<String>),
}

/// How `new` differs from `old`. A port that stands in for one that Kubernetes will choose is told as such.
pub(super) fn difference(old: &Value, new: &Value, stand_ins: &[StandIn]) -> Difference {
    let show = |value: &Value| marked(value, stand_ins);
    match (old, new) {
        (Value::Array(before), Value::Array(after)) => members(before, after, &show),
        (Value::Array(before), Value::Null) => members(before, &[], &show),
        (Value::Null, Value::Array(after)) => members(&[], after, &show),
        (Value::Null, new) => Difference::Whole(show(new)),
        (old, Value::Null) => Difference::Scalar(show(old), "(none)".to_owned()),
        (old, new) => Difference::Scalar(show(old), show(new)),
    }
}

fn members(before: &[Value], after: &[Value], show: &impl Fn(&Value) -> String) -> Difference {
    let without = |these: &[Value], those: &[Value]| {
        let left = these.iter().filter(|value| !those.contains(value));
        left.map(show).collect()
    };
    Difference::Members(without(before, after), without(after, before))
}

fn marked(value: &Value, stand_ins: &[StandIn]) -> String {
    let port = value
        .get("port")
        .filter(|_| value.get("instance").is_some())
        .unwrap_or(value);
    let text = inline(value);
    if port.is_number() && stand_ins.iter().any(|filled| filled.value == *port) {
        format!("{text} ({KNOWN_AFTER_APPLY})")
    } else {
        text
    }
}

/// A value in one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(inline).collect::<Vec<_>>().join(", "),
        Value::Object(members) => match sole(value) {
            Some(text) => text,
            None => {
                let members = members.iter().filter(|(_, value)| !value.is_null());
                let members = members.map(|(name, value)| format!("{name} {}", inline(value)));
                let members: Vec<_> = members.collect();
                if members.is_empty() {
                    "(chosen by AWS)".to_owned()
                } else {
                    members.join(" ")
                }
            }
        },
        Value::Null => "(none)".to_owned(),
        other => other.to_string(),
    }
}

/// An object of one member is a choice among several: of an identifier the value says it all.
fn sole(value: &Value) -> Option<String> {
    let members = value.as_object()?;
    let (name, value) = members.iter().next().filter(|_| members.len() == 1)?;
    let says_it_all = ["id", "cidr", "group", "prefixList", "own", "foreign", "number"].contains(&name.as_str());
    Some(if says_it_all {
        inline(value)
    } else {
        format!("{name} {}", inline(value))
    })
}
