//! Form, validity and Terraform's own tests.

use std::path::Path;

use crate::workspace::{Workspace, roots, sources, terraform};

/// Every folder that terraform can be run in. Each has a test below, so that they run side by side.
const ROOTS: [&str; 4] = [
    "examples/eks_complete",
    "examples/localstack",
    "modules/controller_iam",
    "modules/network",
];

/// Validates a folder, and runs the Terraform tests that are in it.
fn check(root: &str) {
    let folder = Path::new(root);
    let workspace = Workspace::new(&root.replace('/', "-"));
    workspace.init(folder);
    workspace.run(folder, &["validate"]);
    if sources().join(root).join("tests").is_dir() {
        let report = workspace.run(folder, &["test"]);
        assert!(!report.contains("Success! 0 passed"), "{root}: {report}");
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn the_network_module_is_valid_and_passes_its_tests() {
    check("modules/network");
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn the_controller_iam_module_is_valid_and_passes_its_tests() {
    check("modules/controller_iam");
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn the_localstack_example_is_valid() {
    check("examples/localstack");
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn the_eks_example_is_valid_and_passes_its_tests() {
    check("examples/eks_complete");
}

#[test]
fn every_module_and_example_is_checked_here_and_every_module_has_tests() {
    let expected: Vec<_> = ROOTS.iter().map(|root| Path::new(root).to_owned()).collect();
    assert_eq!(roots(), expected);
    for root in ROOTS.iter().filter(|root| root.starts_with("modules")) {
        assert!(sources().join(root).join("tests").is_dir(), "{root}");
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn every_file_is_formatted() {
    let output = terraform(&sources(), &["fmt", "-check", "-recursive", "-diff"]);
    let diff = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{diff}");
}

#[test]
fn every_module_and_example_documents_its_variables_and_outputs() {
    for root in ROOTS {
        let read = |file: &str| {
            std::fs::read_to_string(sources().join(root).join(file))
                .unwrap_or_else(|error| panic!("{root}/{file}: {error}"))
        };
        let readme = read("README.md");
        assert!(read("versions.tf").contains("\">= 5.100, < 7\""), "{root}");
        for (file, block) in [("variables.tf", "variable"), ("outputs.tf", "output")] {
            for line in read(file).lines() {
                let mut words = line.split(' ');
                if words.next() == Some(block) {
                    let name = words.next().unwrap().trim_matches('"');
                    let row = format!("| `{name}` |");
                    assert!(readme.contains(&row), "{name} of {root}");
                }
            }
        }
    }
}
