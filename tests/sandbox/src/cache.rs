//! Built programs, kept outside the checkout under the content hash of what defines them.
//!
//! An entry appears by a rename once it is complete, so an interrupted build leaves nothing half-made. A lock file for
//! each entry lets one builder work while others wait for its result.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;

/// The directory that survives `cargo sandbox down`.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// An exclusive lock between processes; released on drop, also when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Cache {
    /// The cache that the environment names.
    pub fn open() -> Result<Self> {
        Self::at(location(|name| std::env::var(name).ok()))
    }

    /// The cache in a directory of the caller's choice.
    pub fn at(root: PathBuf) -> Result<Self> {
        files::create_directory(&root)?;
        Ok(Self { root })
    }

    /// The directory of the cache.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Waits for the lock of that name and takes it.
    pub async fn lock(&self, name: &str) -> Result<Lock> {
        let path = self.root.join(format!("{name}.lock"));
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::Error(error)) => Err(Error::file("lock", &path)(error)),
            Err(TryLockError::WouldBlock) => wait_for(file, path).await,
        }
    }

    /// The directory of the entry `WHAT-HASH`; when it is not there, `build` fills a fresh directory that becomes it.
    pub async fn entry(&self, name: &str, build: impl AsyncFnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let complete = self.root.join(name);
        if complete.is_dir() {
            return Ok(complete);
        }
        let _lock = self.lock(name).await?;
        if complete.is_dir() {
            return Ok(complete);
        }
        let partial = Partial::create(self.root.join(format!("{name}.partial")))?;
        build(&partial.0).await?;
        std::fs::rename(&partial.0, &complete).map_err(Error::file("complete", &complete))?;
        Ok(complete)
    }
}

/// The directory of a build that is not complete; removed on drop unless it was renamed by then.
struct Partial(PathBuf);

impl Partial {
    fn create(path: PathBuf) -> Result<Self> {
        files::remove_directory(&path)?;
        files::create_directory(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // A remainder is harmless: the next build of the entry starts with its removal.
        let _ = files::remove_directory(&self.0);
    }
}

async fn wait_for(file: File, path: PathBuf) -> Result<Lock> {
    eprintln!("waiting for another sandbox command that holds {}", path.display());
    let locked = tokio::task::spawn_blocking(move || {
        file.lock()
            .map(|()| Lock { _file: file })
            .map_err(Error::file("lock", &path))
    });
    locked.await.unwrap_or(Err(Error::Interrupted))
}

/// `ELBOW_SANDBOX_CACHE`, else `elbow-sandbox` in the user's cache directory by the XDG Base Directory Specification.
fn location(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = set("ELBOW_SANDBOX_CACHE") {
        return chosen;
    }
    let user = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    user.unwrap_or_else(std::env::temp_dir).join("elbow-sandbox")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn cache(scratch: &Scratch) -> Cache {
        Cache::at(scratch.path().join("cache")).unwrap()
    }

    #[tokio::test]
    async fn an_entry_is_built_once() {
        let scratch = Scratch::new();
        let cache = cache(&scratch);
        let built = cache
            .entry("tool-1", async |path| files::write(&path.join("tool"), "first"))
            .await
            .unwrap();
        let again = cache
            .entry("tool-1", async |path| files::write(&path.join("tool"), "second"))
            .await
            .unwrap();
        assert_eq!(built, again);
        assert_eq!(files::read(&again.join("tool")).unwrap(), "first");
    }

    #[tokio::test]
    async fn a_failed_build_leaves_no_entry_and_the_next_one_starts_afresh() {
        let scratch = Scratch::new();
        let cache = cache(&scratch);
        let failed = cache
            .entry("tool-1", async |path| {
                files::write(&path.join("half"), "made")?;
                Err(Error::Interrupted)
            })
            .await;
        assert!(failed.is_err());
        assert!(!cache.root().join("tool-1").exists());
        let built = cache
            .entry("tool-1", async |path| files::write(&path.join("tool"), "whole"))
            .await
            .unwrap();
        assert!(!built.join("half").exists());
    }

    #[tokio::test]
    async fn two_builders_at_once_share_one_build() {
        let scratch = Scratch::new();
        let cache = cache(&scratch);
        let builds = std::sync::atomic::AtomicU32::new(0);
        let build = async |path: &Path| {
            builds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::task::yield_now().await;
            files::write(&path.join("tool"), "content")
        };
        let (one, other) = tokio::join!(cache.entry("tool-1", &build), cache.entry("tool-1", &build));
        assert_eq!(one.unwrap(), other.unwrap());
        assert_eq!(builds.into_inner(), 1);
    }

    #[test]
    fn the_location_follows_the_environment() {
        let at = |variables: &[(&str, &str)]| {
            let find = |name: &str| {
                variables
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            location(find)
        };
        assert_eq!(
            at(&[("ELBOW_SANDBOX_CACHE", "/c"), ("HOME", "/h")]),
            PathBuf::from("/c")
        );
        assert_eq!(
            at(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]),
            PathBuf::from("/x/elbow-sandbox")
        );
        assert_eq!(at(&[("HOME", "/h")]), PathBuf::from("/h/.cache/elbow-sandbox"));
    }
}
