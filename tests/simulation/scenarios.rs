//! What docs/reliability.md says is shown: each situation names tests that exist, or says why it cannot happen.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../docs/reliability.md");
const SITUATIONS: usize = 40;

/// The cells of the table's rows: number, what happens, what elbow does, shown by.
fn rows() -> Vec<Vec<&'static str>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The tests that a cell names.
fn tests_in(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// All functions of the sources.
fn functions() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = BTreeSet::new();
    for file in ["src", "tests"]
        .into_iter()
        .flat_map(|folder| sources(&root.join(folder)))
    {
        let text = fs::read_to_string(file).unwrap();
        let names = text
            .split("fn ")
            .skip(1)
            .filter_map(|rest| rest.split(['(', '<']).next());
        functions.extend(names.map(str::to_owned));
    }
    functions
}

/// All files of Rust below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut sources: Vec<_> = folders.iter().flat_map(|folder| sources(folder)).collect();
    sources.extend(
        files
            .into_iter()
            .filter(|file| file.extension().is_some_and(|end| end == "rs")),
    );
    sources
}

#[test]
fn every_situation_names_tests_that_exist_or_why_it_cannot_happen() {
    let (rows, functions) = (rows(), functions());
    let numbers: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(
        numbers,
        (1..=SITUATIONS).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    for row in rows {
        let [number, _, _, shown] = row[..] else {
            panic!("{row:?} has not four cells")
        };
        let missing: Vec<_> = tests_in(shown).filter(|test| !functions.contains(*test)).collect();
        assert!(missing.is_empty(), "{number}: there is no test {missing:?}");
        assert!(
            tests_in(shown).next().is_some() || shown.starts_with("cannot happen: "),
            "{number} names neither a test nor why it cannot happen"
        );
    }
}
