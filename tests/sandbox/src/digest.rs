//! The content hash of what defines a cached build.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::files;

/// How many hexadecimal digits of the hash go into a name.
const DIGITS: usize = 16;

/// Collects everything that decides the outcome of a build; equal definitions give equal hashes.
#[derive(Debug, Default)]
pub struct Definition {
    hash: Sha256,
}

impl Definition {
    /// Adds a named text, such as a compiler flag or a version.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.add(name.as_bytes());
        self.add(text.as_bytes());
        self
    }

    /// Adds every file under a directory, by relative path and content.
    pub fn directory(mut self, root: &Path) -> Result<Self> {
        for relative in files::tree(root, |name| name == "__pycache__")? {
            let path = root.join(&relative);
            let content = std::fs::read(&path).map_err(Error::file("read", &path))?;
            self.add(relative.to_string_lossy().as_bytes());
            self.add(&content);
        }
        Ok(self)
    }

    /// The hash as hexadecimal digits.
    #[must_use]
    pub fn digits(self) -> String {
        let hash = self.hash.finalize();
        let mut digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.truncate(DIGITS);
        digits
    }

    /// Each part goes in with its length, so that text cannot move from one part to the next unseen.
    fn add(&mut self, part: &[u8]) {
        self.hash.update(part.len().to_string());
        self.hash.update(b":");
        self.hash.update(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn digits_of(files: &[(&str, &str)]) -> String {
        let scratch = Scratch::new();
        for (name, content) in files {
            files::write(&scratch.path().join(name), content).unwrap();
        }
        Definition::default().directory(scratch.path()).unwrap().digits()
    }

    #[test]
    fn equal_content_gives_an_equal_hash_wherever_it_lies() {
        let files = [("go.mod", "module x"), ("go.sum", "y")];
        assert_eq!(digits_of(&files), digits_of(&files));
    }

    #[test]
    fn a_changed_file_changes_the_hash() {
        assert_ne!(digits_of(&[("go.mod", "v1")]), digits_of(&[("go.mod", "v2")]));
    }

    #[test]
    fn a_renamed_file_changes_the_hash() {
        assert_ne!(digits_of(&[("a", "v1")]), digits_of(&[("b", "v1")]));
    }

    #[test]
    fn text_that_moves_to_the_next_part_changes_the_hash() {
        let one = Definition::default().text("a", "bc").digits();
        let other = Definition::default().text("ab", "c").digits();
        assert_ne!(one, other);
    }
}
