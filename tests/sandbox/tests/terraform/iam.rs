//! How IAM decides on a call, as far as elbow's policy uses it: a call is allowed when the action, resource and every condition of
//! one statement fit (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>). LocalStack's free set
//! decides nothing, so that this is the only check short of AWS.

use std::collections::BTreeMap;

use serde_json::Value;

/// A call, as IAM sees it.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    action: &'a str,
    resource: &'a str,
    context: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Call<'a> {
    /// A call in the region that the policy is for, with no tags.
    pub(crate) fn new(action: &'a str, resource: &'a str) -> Self {
        let context = BTreeMap::new();
        Self {
            action,
            resource,
            context,
        }
        .with("aws:RequestedRegion", "eu-west-1")
    }

    /// The same call with another value for a context key.
    pub(crate) fn with(mut self, key: &str, value: &'a str) -> Self {
        self.context.insert(key.to_owned(), vec![value]);
        self
    }

    /// The same call on a resource that has this tag.
    pub(crate) fn on_tagged(self, key: &str, value: &'a str) -> Self {
        self.with(&format!("aws:ResourceTag/{key}"), value)
    }

    /// The same call with this tag in the request.
    pub(crate) fn tagging(mut self, key: &'a str, value: &'a str) -> Self {
        let keys = self.context.entry("aws:TagKeys".to_owned());
        keys.or_default().push(key);
        self.with(&format!("aws:RequestTag/{key}"), value)
    }

    /// The same call naming this tag to take away.
    pub(crate) fn untagging(mut self, key: &'a str) -> Self {
        let keys = self.context.entry("aws:TagKeys".to_owned());
        keys.or_default().push(key);
        self
    }

    /// Whether this policy allows the call.
    pub(crate) fn is_allowed_by(&self, policy: &Value) -> bool {
        let statements = policy["Statement"].as_array();
        let statements = statements.expect("a policy has statements");
        statements.iter().any(|statement| self.fits(statement))
    }

    fn fits(&self, statement: &Value) -> bool {
        assert_eq!(statement["Effect"], "Allow", "only Allow is modelled");
        let conditions = statement["Condition"].as_object().into_iter().flatten();
        strings(&statement["Action"]).contains(&self.action)
            && strings(&statement["Resource"])
                .iter()
                .any(|pattern| matches(pattern, self.resource))
            && conditions
                .flat_map(|(operator, keys)| {
                    let keys = keys.as_object().expect("an operator has keys");
                    keys.iter().map(move |(key, wanted)| (operator, key, wanted))
                })
                .all(|(operator, key, wanted)| self.meets(operator, key, &strings(wanted)))
    }

    fn meets(&self, operator: &str, key: &str, wanted: &[&str]) -> bool {
        let found = self.context.get(key);
        let any_wanted = |found: &Vec<&str>| found.iter().any(|value| wanted.contains(value));
        let none_wanted = |found: &Vec<&str>| !any_wanted(found);
        match operator {
            "StringEquals" => found.is_some_and(any_wanted),
            "StringEqualsIfExists" => found.is_none_or(any_wanted),
            "ForAllValues:StringNotEquals" => found.is_none_or(none_wanted),
            "Null" => wanted == [if found.is_none() { "true" } else { "false" }],
            other => unreachable!("the operator {other} is not modelled"),
        }
    }
}

/// One string or a list of them: IAM takes both.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Whether `text` fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|index| rest.is_char_boundary(*index))
                .any(|index| matches(after, &rest[index..]))
        }),
    }
}
