//! Documents of which one part is generated, and the rest is written by people.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files;

/// The generated part is between these lines.
const MARKS: [&str; 2] = ["<!-- measured: begin -->\n", "<!-- measured: end -->\n"];

/// Replaces the generated part of a document in a file.
///
/// # Errors
/// [`Error::NoMarks`] when the document has no such part; else when it cannot be read or written.
pub fn replace(path: &Path, part: &str) -> Result<()> {
    let written = replaced(&files::read(path)?, part);
    files::write(path, written.ok_or_else(|| Error::NoMarks(path.to_owned()))?)
}

/// The document with its generated part replaced; none where it does not have one.
fn replaced(document: &str, part: &str) -> Option<String> {
    let (before, rest) = document.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}\n{part}\n{}{after}", MARKS[0], MARKS[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_between_the_marks_is_replaced() {
        let document = format!("# Cost\n{}of before\n{}the end\n", MARKS[0], MARKS[1]);
        let written = replaced(&document, "of now\n").unwrap();
        assert_eq!(
            written,
            format!("# Cost\n{}\nof now\n\n{}the end\n", MARKS[0], MARKS[1])
        );
        assert_eq!(replaced(&written, "of now\n").as_deref(), Some(written.as_str()));
        assert_eq!(replaced("no marks", "of now\n"), None);
    }
}
