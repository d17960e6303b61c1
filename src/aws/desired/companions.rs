//! Which other Services a Service forwards to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::annotations::keys;

/// Names of other Services of the namespace to which the annotations [`keys::ACTIONS`] forward. What cannot be read names
/// nobody: the fault is told where the stack is made.
#[must_use]
pub fn companions(annotations: &BTreeMap<String, String>) -> BTreeSet<String> {
    let prefix = format!("{}.", keys::ACTIONS);
    let actions = annotations.iter().filter(|(key, _)| key.starts_with(&prefix));
    let parsed = actions.filter_map(|(_, action)| serde_json::from_str(action).ok());
    parsed.flat_map(|action| names(&action)).collect()
}

fn names(action: &Value) -> Vec<String> {
    let groups = action["forwardConfig"]["targetGroups"].as_array();
    let names = groups.into_iter().flatten().map(|group| &group["serviceName"]);
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::two_services(
        r#"{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"b","weight":1},{"serviceName":"a"}]}}"#, &["a", "b"])]
    #[case::a_foreign_target_group(
        r#"{"forwardConfig":{"targetGroups":[{"targetGroupARN":"arn:x"},{"serviceName":"a"}]}}"#, &["a"])]
    #[case::a_redirect(r#"{"type":"redirect"}"#, &[])]
    #[case::no_json("{", &[])]
    #[case::another_shape(r#"{"forwardConfig":{"targetGroups":{"serviceName":"a"}}}"#, &[])]
    fn companions_are_the_services_that_actions_name(#[case] action: &str, #[case] expected: &[&str]) {
        let annotations = BTreeMap::from([
            (format!("{}.TCP-80", keys::ACTIONS), action.to_owned()),
            ("example.com/actions".to_owned(), r#"{"serviceName":"x"}"#.to_owned()),
        ]);
        let names = companions(&annotations);
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
