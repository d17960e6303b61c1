//! The table of values in the chart's README is made from the comments in `values.yaml`.

use serde_json::Value;

use crate::helm::{chart, file, yaml};

const BEGIN: &str = "<!-- Made from values.yaml; to make it anew: UPDATE_README=1 cargo test -p elbow-sandbox --test chart readme -->\n";
const END: &str = "<!-- End of the table. -->\n";

/// A value with its comment.
struct Documented {
    name: String,
    text: String,
}

/// The values that a `# --` comment stands above, in the order of the file.
fn documented(values: &str) -> Vec<Documented> {
    let mut found = Vec::new();
    let mut parents: Vec<(usize, &str)> = Vec::new();
    let mut text = String::new();
    for line in values.lines() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if let Some(comment) = content.strip_prefix("# -- ") {
            comment.clone_into(&mut text);
        } else if let Some(comment) = content.strip_prefix("# ") {
            text.push(' ');
            text.push_str(comment);
        } else if let Some((key, _)) = content.split_once(':') {
            parents.retain(|(outer, _)| *outer < indent);
            parents.push((indent, key));
            if !text.is_empty() {
                let keys: Vec<&str> = parents.iter().map(|(_, key)| *key).collect();
                let text = std::mem::take(&mut text);
                let name = keys.join(".");
                found.push(Documented { name, text });
            }
        }
    }
    found
}

fn default_of(values: &Value, name: &str) -> String {
    let value = name.split('.').fold(values, |value, key| &value[key]);
    value.to_string()
}

fn table() -> String {
    let values = yaml("values.yaml");
    let mut table = String::from("| Value | Default | What it is |\n|---|---|---|\n");
    for Documented { name, text } in documented(&file("values.yaml")) {
        let default = default_of(&values, &name);
        table.push_str(&format!("| `{name}` | `{default}` | {text} |\n"));
    }
    table
}

/// The README around the table.
fn around(readme: &str) -> (&str, &str) {
    let (before, rest) = readme.split_once(BEGIN).expect("the table's begin");
    let (_, after) = rest.split_once(END).expect("the table's end");
    (before, after)
}

#[test]
fn readme_lists_every_value_with_its_default() {
    let readme = file("README.md");
    let (before, after) = around(&readme);
    let expected = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(chart().join("README.md"), &expected).unwrap();
    } else {
        assert_eq!(readme, expected);
    }
}

#[test]
fn every_value_has_a_comment_or_is_part_of_one_that_has() {
    let names: Vec<String> = documented(&file("values.yaml"))
        .into_iter()
        .map(|documented| documented.name)
        .collect();
    for (key, value) in yaml("values.yaml").as_object().unwrap() {
        let below = value.as_object().into_iter().flatten();
        let inner_documented = below
            .map(|(inner, _)| format!("{key}.{inner}"))
            .all(|name| names.contains(&name));
        let is_map = value.as_object().is_some_and(|map| !map.is_empty());
        assert!(
            names.contains(key) || (is_map && inner_documented),
            "{key} has no # -- comment in values.yaml"
        );
    }
}
