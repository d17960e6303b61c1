//! Files and directories, with the path in every error.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Makes a directory and its parents; one that is there is fine.
pub fn create_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(Error::file("create", path))
}

/// Removes a directory and all that is in it; one that is not there is fine.
pub fn remove_directory(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a file; one that is not there is fine.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Reads a text file.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Error::file("read", path))
}

/// Writes a file so that a reader sees the old content or the new one, never a part.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(parent) = path.parent() {
        create_directory(parent)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    fs::write(&partial, content).map_err(Error::file("write", &partial))?;
    fs::rename(&partial, path).map_err(Error::file("write", path))
}

/// Lets everyone execute a file.
pub fn make_executable(path: &Path) -> Result<()> {
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, executable).map_err(Error::file("make executable", path))
}

/// The regular files under a directory, as sorted paths relative to it, without those that `skip` names.
///
/// `skip` is asked with the name of each file and directory; a skipped directory is not entered.
pub fn tree(root: &Path, skip: fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(directory) = pending.pop() {
        let absolute = root.join(&directory);
        for entry in fs::read_dir(&absolute).map_err(Error::file("list", &absolute))? {
            let entry = entry.map_err(Error::file("list", &absolute))?;
            let relative = directory.join(entry.file_name());
            if skip(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let kind = entry.file_type().map_err(Error::file("inspect", &entry.path()))?;
            if kind.is_dir() {
                pending.push(relative);
            } else {
                found.push(relative);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies the files that [`tree`] finds.
pub fn copy_tree(from: &Path, to: &Path, skip: fn(&str) -> bool) -> Result<()> {
    for relative in tree(from, skip)? {
        let target = to.join(&relative);
        if let Some(parent) = target.parent() {
            create_directory(parent)?;
        }
        fs::copy(from.join(&relative), &target).map_err(Error::file("write", &target))?;
    }
    Ok(())
}

/// The last `count` lines of a file that are not blank; empty when the file cannot be read.
///
/// Only the end of the file is read, so it may be asked of a growing log each second.
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    let end = read_end(path, 16 * 1024).unwrap_or_default();
    let text = String::from_utf8_lossy(&end);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.len().saturating_sub(count);
    lines.iter().skip(first).map(|line| (*line).to_owned()).collect()
}

fn read_end(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
    let mut content = Vec::new();
    file.take(bytes).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_tree_lists_nested_files_in_order_and_leaves_skipped_names_out() {
        let scratch = Scratch::new();
        for name in ["b/two", "a", "b/one", ".terraform/provider", "b/.terraform/x"] {
            write(&scratch.path().join(name), name).unwrap();
        }
        let names = tree(scratch.path(), |name| name == ".terraform").unwrap();
        assert_eq!(names, ["a", "b/one", "b/two"].map(PathBuf::from));
    }

    #[test]
    fn a_copied_tree_has_the_same_content() {
        let scratch = Scratch::new();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        write(&from.join("deep/er/file"), "text").unwrap();
        copy_tree(&from, &to, |_| false).unwrap();
        assert_eq!(read(&to.join("deep/er/file")).unwrap(), "text");
    }

    #[test]
    fn the_last_lines_leave_blank_ones_out() {
        let scratch = Scratch::new();
        let log = scratch.path().join("log");
        write(&log, "one\ntwo\n\nthree\n\n").unwrap();
        assert_eq!(last_lines(&log, 2), ["two", "three"]);
        assert_eq!(last_lines(&scratch.path().join("absent"), 2), Vec::<String>::new());
    }

    #[test]
    fn removing_a_directory_twice_is_fine() {
        let scratch = Scratch::new();
        let directory = scratch.path().join("directory");
        create_directory(&directory).unwrap();
        remove_directory(&directory).unwrap();
        remove_directory(&directory).unwrap();
        assert!(!directory.exists());
    }
}
