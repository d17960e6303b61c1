//! The suite's own JSON report (Ginkgo's `types.Report`), as far as it is read.

use serde::Deserialize;

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It found what it asks for.
    Passed,
    /// It did not, or something else went wrong; in its own words.
    Failed(String),
    /// It found that it does not apply to this cluster; in its own words.
    Skipped(String),
}

/// A test of the suite, by its full name: the texts of its containers and its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Test {
    /// As the suite's `--ginkgo.focus` sees it.
    pub(super) full_name: String,
}

impl Test {
    /// The name without its labels, which stand in brackets.
    #[must_use]
    pub(super) fn name(&self) -> String {
        let mut depth = 0_u32;
        let mut name = String::new();
        for letter in self.full_name.chars() {
            match letter {
                '[' => depth = depth.saturating_add(1),
                ']' => depth = depth.saturating_sub(1),
                _ if depth == 0 => name.push(letter),
                _ => {}
            }
        }
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A report of one run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Suite {
    spec_reports: Vec<Spec>,
}

/// One node of the suite that was run or left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spec {
    container_hierarchy_texts: Option<Vec<String>>,
    leaf_node_type: String,
    leaf_node_text: String,
    state: String,
    #[serde(default)]
    failure: Failure,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Failure {
    message: String,
}

impl Spec {
    fn is_test(&self) -> bool {
        self.leaf_node_type == "It"
    }

    fn test(&self) -> Test {
        let containers = self.container_hierarchy_texts.iter().flatten();
        let texts: Vec<&str> = containers.chain([&self.leaf_node_text]).map(String::as_str).collect();
        Test {
            full_name: texts.join(" "),
        }
    }

    /// None of a test that was left out: those that ask to be skipped say why.
    fn outcome(&self) -> Option<Outcome> {
        let says = self.failure.message.lines().next().unwrap_or_default().to_owned();
        match self.state.as_str() {
            "passed" => Some(Outcome::Passed),
            "skipped" | "pending" if says.is_empty() => None,
            "skipped" | "pending" => Some(Outcome::Skipped(says)),
            other if says.is_empty() => Some(Outcome::Failed(other.to_owned())),
            _ => Some(Outcome::Failed(says)),
        }
    }
}

/// The tests that a run took part in, with what became of them; a dry run passes each.
///
/// # Errors
/// When the text is not a report.
pub(super) fn read(text: &str) -> serde_json::Result<Vec<(Test, Outcome)>> {
    let suites: Vec<Suite> = serde_json::from_str(text)?;
    let specs = suites.into_iter().flat_map(|suite| suite.spec_reports);
    let tests = specs.filter(Spec::is_test);
    Ok(tests
        .filter_map(|spec| spec.outcome().map(|outcome| (spec.test(), outcome)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(text: &str, state: &str, failure: Option<&str>) -> Value {
        let mut spec = json!({
            "ContainerHierarchyTexts": ["[sig-network] LoadBalancers [Feature:LoadBalancer]"],
            "LeafNodeType": "It",
            "LeafNodeText": text,
            "State": state,
            "RunTime": 1_500_000_000_u64,
        });
        if let Some(message) = failure {
            spec["Failure"] = json!({"Message": message, "TimelineLocation": {}});
        }
        spec
    }

    fn outcomes(specs: Value) -> Vec<Outcome> {
        let text = json!([{"SuiteDescription": "Kubernetes e2e suite", "SpecReports": specs}]).to_string();
        read(&text).unwrap().into_iter().map(|(_, outcome)| outcome).collect()
    }

    #[test]
    fn a_test_that_was_not_chosen_is_left_out_and_one_that_skipped_itself_is_not() {
        let specs = json!([
            spec("chosen", "passed", None),
            spec("not chosen", "skipped", None),
            spec("elsewhere", "skipped", Some("only for another provider\nat line 3")),
        ]);
        let skipped = Outcome::Skipped("only for another provider".to_owned());
        assert_eq!(outcomes(specs), [Outcome::Passed, skipped]);
    }

    #[test]
    fn a_failure_is_told_in_the_words_of_the_test_and_else_by_how_it_ended() {
        let specs = json!([spec("a", "failed", Some("no answer")), spec("b", "interrupted", None)]);
        let failed = ["no answer", "interrupted"].map(|text| Outcome::Failed(text.to_owned()));
        assert_eq!(outcomes(specs), failed);
    }

    #[test]
    fn what_prepares_the_suite_is_no_test() {
        let mut before = spec("", "passed", None);
        before["LeafNodeType"] = json!("SynchronizedBeforeSuite");
        before["ContainerHierarchyTexts"] = Value::Null;
        assert_eq!(outcomes(json!([before])), []);
    }

    #[test]
    fn labels_are_not_in_the_short_name() {
        let text = json!([{"SpecReports": [spec("should work [Slow] [LinuxOnly] from pods", "passed", None)]}]);
        let (test, _) = read(&text.to_string()).unwrap().remove(0);
        assert_eq!(
            test.full_name,
            "[sig-network] LoadBalancers [Feature:LoadBalancer] should work [Slow] [LinuxOnly] from pods"
        );
        assert_eq!(test.name(), "LoadBalancers should work from pods");
    }
}
