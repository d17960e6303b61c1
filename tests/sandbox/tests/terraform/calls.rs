//! The calls that elbow makes, read from its code: each is named there by its IAM action, for messages and metrics.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The services that elbow calls, as IAM names them.
const SERVICES: [&str; 3] = ["ec2", "elasticloadbalancing", "wafv2"];

/// IAM actions of all calls in the code that speaks with AWS.
pub(crate) fn made_by_elbow() -> BTreeSet<String> {
    let aws = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/aws");
    let mut calls = BTreeSet::new();
    for file in sources(&aws) {
        let code = std::fs::read_to_string(&file).expect("code can be read");
        calls.extend(actions(&code).map(str::to_owned));
    }
    calls
}

/// The code below a folder, without tests: those may name calls that are never made.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the checkout") {
        let path = entry.expect("a readable folder").path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Texts in quotation marks that are actions.
fn actions(code: &str) -> impl Iterator<Item = &str> {
    let is_action = |text: &&str| {
        let (service, operation) = text.split_once(':').unwrap_or_default();
        SERVICES.contains(&service)
            && operation.starts_with(|first: char| first.is_ascii_uppercase())
            && operation.chars().all(|one| one.is_ascii_alphanumeric())
    };
    code.split('"').filter(is_action)
}

#[test]
fn actions_are_read_from_the_code_and_nothing_else_is() {
    let code = r#"failure::of("ec2:DescribeVpcs"); "ec2:", "ec2:describe", "elasticloadbalancing:X Y" "wafv2:GetWebACL" "s3:Get""#;
    let found: Vec<_> = actions(code).collect();
    assert_eq!(found, ["ec2:DescribeVpcs", "wafv2:GetWebACL"]);
    let made = made_by_elbow();
    assert!(made.contains("elasticloadbalancing:CreateLoadBalancer"), "{made:?}");
}
