//! What AWS answers about the foreign things, word for word but for what it changes by itself.

use std::collections::BTreeMap;

use elbow_sandbox::aws::{Api, Aws, EC2, ELBV2};

use super::Made;

/// Answer by question; of an answer all that lasts unless somebody changes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture(BTreeMap<String, String>);

impl Picture {
    /// Asks AWS for everything that it knows of them.
    pub(super) async fn of(aws: &Aws, made: &Made) -> Self {
        let mut answers = BTreeMap::new();
        for (api, action, parameters) in questions(made) {
            let borrowed: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let answer = match aws.answer(api, action, &borrowed).await {
                Ok(answer) => answer,
                // What is gone is a difference, not the end of the comparison.
                Err(error) => error.to_string(),
            };
            answers.insert(format!("{action} {parameters:?}"), lasting(&answer));
        }
        Self(answers)
    }

    /// What is not as it was before.
    pub(super) fn differences(&self, before: &Self) -> Vec<String> {
        let changed = self.0.iter().filter(|(question, now)| before.0[*question] != **now);
        changed
            .map(|(question, now)| format!("{question}\n  was {}\n  is  {now}", before.0[question]))
            .collect()
    }
}

type Question<'a> = (Api, &'static str, Vec<(String, &'a str)>);

fn questions(made: &Made) -> Vec<Question<'_>> {
    let mut questions = vec![
        many("DescribeLoadBalancers", "LoadBalancerArns", &made.load_balancers),
        many("DescribeTargetGroups", "TargetGroupArns", &made.target_groups),
        many("DescribeTags", "ResourceArns", &made.load_balancers),
        many("DescribeTags", "ResourceArns", &made.target_groups),
        one("DescribeRules", "ListenerArn", &made.listeners[1]),
        group("DescribeSecurityGroups", "GroupId.1", &made.group),
        group("DescribeSecurityGroupRules", "SecurityGroupRuleId.1", &made.node_rule),
    ];
    for arn in &made.load_balancers {
        questions.push(one("DescribeListeners", "LoadBalancerArn", arn));
        questions.push(one("DescribeLoadBalancerAttributes", "LoadBalancerArn", arn));
    }
    for arn in &made.target_groups {
        questions.push(one("DescribeTargetHealth", "TargetGroupArn", arn));
        questions.push(one("DescribeTargetGroupAttributes", "TargetGroupArn", arn));
    }
    questions
}

fn one<'a>(action: &'static str, name: &str, value: &'a str) -> Question<'a> {
    (ELBV2, action, vec![(name.to_owned(), value)])
}

fn group<'a>(action: &'static str, name: &str, value: &'a str) -> Question<'a> {
    (EC2, action, vec![(name.to_owned(), value)])
}

fn many<'a>(action: &'static str, name: &str, values: &'a [String]) -> Question<'a> {
    let numbered = (1..).zip(values);
    let parameters = numbered.map(|(number, value)| (format!("{name}.member.{number}"), value.as_str()));
    (ELBV2, action, parameters.collect())
}

/// An answer without its request id, `RequestId` or `requestId`, which is new each time, and without the verdicts on targets,
/// which follow the nodes.
fn lasting(answer: &str) -> String {
    let changing = ["RequestId", "requestId", "TargetHealth"];
    changing
        .iter()
        .fold(answer.to_owned(), |text, name| without(&text, name))
}

/// XML without the elements of a name, which are not within one another.
fn without(text: &str, name: &str) -> String {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = text.split(&start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        let rest = part.split_once(&end).map_or("", |(_, rest)| rest);
        kept + rest
    })
}
