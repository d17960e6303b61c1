//! What is slower than the kernel: the proxy, and then what others are told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use super::error::Result;
use super::haproxy::Proxy;
use super::hosts::Names;
use super::{HOSTS, Picture, VERDICTS, summary};
use crate::error::Error;
use crate::{files, wait};

/// The proxy and the files. HAProxy takes seconds for a new configuration on a busy machine; the kernel's part does not wait for
/// them.
pub(super) struct Publication {
    directory: PathBuf,
    proxy: Proxy,
    names: Names,
    /// Files as they were written last, by name, and what was said last.
    written: BTreeMap<&'static str, String>,
    said: String,
}

impl Publication {
    /// Nothing is proxied or told yet; files go to the directory.
    #[must_use]
    pub(super) fn new(directory: PathBuf, proxy: Proxy) -> Self {
        Self {
            directory,
            proxy,
            names: Names::default(),
            written: BTreeMap::new(),
            said: String::new(),
        }
    }

    /// Follows the newest picture until no more can come. What the proxy refuses is logged, and tried again with the next one.
    pub(super) async fn follow(mut self, mut pictures: watch::Receiver<Arc<Picture>>) {
        loop {
            tokio::select! {
                change = pictures.changed() => if change.is_err() {
                    return;
                },
                () = self.forgetting() => {}
            }
            let picture = pictures.borrow_and_update().clone();
            if let Err(error) = self.publish(&picture).await {
                eprintln!("cannot do what follows from what AWS says: {error}");
            }
        }
    }

    /// Returns when a name that went is to be forgotten; never while there is none.
    fn forgetting(&self) -> impl Future<Output = ()> + use<> {
        wait::after(self.names.next(Instant::now()))
    }

    /// What is said about a target or a name is said last: then it is so.
    async fn publish(&mut self, picture: &Picture) -> Result<()> {
        self.names.note(picture, Instant::now());
        self.proxy.apply(picture).await?;
        self.write(HOSTS, self.names.file())?;
        let verdicts = serde_json::to_string_pretty(&picture.verdicts);
        self.write(VERDICTS, verdicts.map_err(Error::malformed("verdicts"))?)?;
        let summary = summary::of(picture);
        if summary != self.said {
            print!("{summary}");
            self.said = summary;
        }
        Ok(())
    }

    /// Readers see the old text or the new one, never a part; nothing is written that is there already.
    fn write(&mut self, name: &'static str, text: String) -> Result<()> {
        if self.written.get(name) != Some(&text) {
            files::write(&self.directory.join(name), &text)?;
            self.written.insert(name, text);
        }
        Ok(())
    }
}
