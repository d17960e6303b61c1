//! The path of this very program, which it starts again for its long-lived parts.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The path of the program, also after a build has replaced it: then that of the replacement.
pub fn path() -> Result<PathBuf> {
    let program = std::env::current_exe().map_err(Error::file("find", Path::new("/proc/self/exe")))?;
    Ok(without_mark(program))
}

/// Linux adds a mark to the path of a running program whose file was removed (proc_pid_exe(5)); a build removes the file and
/// puts the new program in its place.
fn without_mark(program: PathBuf) -> PathBuf {
    let unmarked = program
        .to_str()
        .and_then(|text| text.strip_suffix(" (deleted)"))
        .map(PathBuf::from);
    unmarked.unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_replaced_is_found_at_its_old_place() {
        assert_eq!(without_mark(PathBuf::from("/bin/x (deleted)")), PathBuf::from("/bin/x"));
        assert_eq!(without_mark(PathBuf::from("/bin/x")), PathBuf::from("/bin/x"));
    }
}
