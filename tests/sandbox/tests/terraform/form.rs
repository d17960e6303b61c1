//! Form, validity and the modules' own tests.

use crate::workspace::{Workspace, roots, sources, terraform};

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn every_file_is_formatted() {
    let output = terraform(&sources(), &["fmt", "-check", "-recursive", "-diff"]);
    let diff = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{diff}");
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn every_module_and_example_is_valid() {
    let workspace = Workspace::new("validate");
    for root in roots() {
        workspace.init(&root);
        workspace.run(&root, &["validate"]);
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn every_module_passes_its_own_tests() {
    let workspace = Workspace::new("test");
    for module in roots().iter().filter(|root| root.starts_with("modules")) {
        workspace.init(module);
        let report = workspace.run(module, &["test"]);
        assert!(!report.contains("Success! 0 passed"), "{}: {report}", module.display());
    }
}

#[test]
fn every_module_and_example_has_its_files_and_documents_its_variables_and_outputs() {
    for root in roots() {
        let folder = sources().join(&root);
        let read = |file: &str| {
            std::fs::read_to_string(folder.join(file))
                .unwrap_or_else(|error| panic!("{}/{file}: {error}", root.display()))
        };
        let readme = read("README.md");
        read("main.tf");
        assert!(read("versions.tf").contains("\">= 5.100, < 7\""));
        for (file, block) in [("variables.tf", "variable"), ("outputs.tf", "output")] {
            for line in read(file).lines() {
                let mut words = line.split(' ');
                if words.next() == Some(block) {
                    let name = words.next().unwrap().trim_matches('"');
                    let place = root.display();
                    assert!(readme.contains(&format!("| `{name}` |")), "{name} in {place}");
                }
            }
        }
    }
}
