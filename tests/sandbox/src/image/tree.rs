//! The files of an image, and the layer that holds them.

use std::collections::BTreeMap;
use std::io;

use tar::{Builder, EntryType, Header};

/// The permissions of a directory that only its files ask for, and of every symbolic link's archive entry.
const OPEN: u32 = 0o755;

/// A tree of files, all of them root's and without a date; paths are absolute, as in the running container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Directory { mode: u32 },
    File { mode: u32, content: Vec<u8> },
    Link { target: String },
}

impl Tree {
    /// Adds a directory with permissions, such as `0o1777` for one that everybody may write to.
    #[must_use]
    pub fn directory(self, path: &str, mode: u32) -> Self {
        self.with(path, Entry::Directory { mode })
    }

    /// Adds a file that everybody may read.
    #[must_use]
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        self.with(path, Entry::File { mode: 0o644, content })
    }

    /// Adds a file that everybody may run.
    #[must_use]
    pub fn program(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        self.with(path, Entry::File { mode: OPEN, content })
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        let target = target.to_owned();
        self.with(path, Entry::Link { target })
    }

    /// The tree as an uncompressed tar archive: parents before what is in them, in the order of the paths, so that equal trees
    /// give equal bytes.
    ///
    /// # Errors
    /// When a path cannot stand in an archive: it is empty, or has `..` in it.
    pub fn layer(&self) -> io::Result<Vec<u8>> {
        let mut archive = Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            append(&mut archive, path, entry)?;
        }
        archive.into_inner()
    }

    fn with(mut self, path: &str, entry: Entry) -> Self {
        let path = path.trim_start_matches('/');
        for (end, _) in path.match_indices('/') {
            let parent = path.get(..end).unwrap_or_default().to_owned();
            self.0.entry(parent).or_insert(Entry::Directory { mode: OPEN });
        }
        self.0.insert(path.to_owned(), entry);
        self
    }
}

fn append(archive: &mut Builder<Vec<u8>>, path: &str, entry: &Entry) -> io::Result<()> {
    match entry {
        Entry::Directory { mode } => {
            let mut header = header(EntryType::Directory, *mode, 0);
            archive.append_data(&mut header, format!("{path}/"), io::empty())
        }
        Entry::File { mode, content } => {
            let size = content.len().try_into().unwrap_or(u64::MAX);
            let mut header = header(EntryType::Regular, *mode, size);
            archive.append_data(&mut header, path, content.as_slice())
        }
        Entry::Link { target } => {
            let mut header = header(EntryType::Symlink, OPEN, 0);
            archive.append_link(&mut header, path, target)
        }
    }
}

/// A header with nothing in it that differs between two builds: no date and no owner but root.
pub(super) fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Path, permissions and content or link target of each entry.
    fn read_back(layer: &[u8]) -> Vec<(String, u32, String)> {
        let mut archive = tar::Archive::new(layer);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            assert_eq!(entry.header().mtime().unwrap(), 0);
            assert_eq!(entry.header().uid().unwrap(), 0);
            let path = entry.path().unwrap().display().to_string();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            if let Some(target) = entry.link_name().unwrap() {
                content = format!("-> {}", target.display());
            }
            (path, entry.header().mode().unwrap(), content)
        });
        entries.collect()
    }

    fn entry(path: &str, mode: u32, content: &str) -> (String, u32, String) {
        (path.to_owned(), mode, content.to_owned())
    }

    #[test]
    fn a_layer_holds_parents_before_what_is_in_them() {
        let tree = Tree::default()
            .program("/usr/bin/tool", "code")
            .file("/etc/tool.conf", "text")
            .directory("/tmp", 0o1777)
            .link("/bin", "usr/bin");
        let expected = [
            entry("bin", 0o755, "-> usr/bin"),
            entry("etc/", 0o755, ""),
            entry("etc/tool.conf", 0o644, "text"),
            entry("tmp/", 0o1777, ""),
            entry("usr/", 0o755, ""),
            entry("usr/bin/", 0o755, ""),
            entry("usr/bin/tool", 0o755, "code"),
        ];
        assert_eq!(read_back(&tree.layer().unwrap()), expected);
    }

    #[test]
    fn the_order_in_which_files_were_added_does_not_matter() {
        let one = Tree::default().file("/a/b", "1").directory("/a", 0o700);
        let other = Tree::default().directory("/a", 0o700).file("/a/b", "1");
        assert_eq!(one.layer().unwrap(), other.layer().unwrap());
    }

    #[test]
    fn a_path_longer_than_a_header_has_room_for_is_read_back() {
        let path = format!("{}/file", "long".repeat(60));
        let layer = Tree::default().file(&path, "text").layer().unwrap();
        assert_eq!(read_back(&layer).last().unwrap(), &entry(&path, 0o644, "text"));
    }

    #[test]
    fn a_path_that_leaves_the_tree_is_an_error() {
        assert!(Tree::default().file("/../etc/passwd", "text").layer().is_err());
    }
}
