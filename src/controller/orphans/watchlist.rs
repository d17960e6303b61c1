//! PURE. Who was an orphan at the last look.

use std::collections::HashSet;

use crate::service::Owner;

/// The orphans of the last audit, by UID. A Service's resources may be seen for a moment longer than the Service, so that one
/// look proves nothing.
#[derive(Clone, Debug, Default)]
pub struct Watchlist(HashSet<String>);

impl Watchlist {
    /// Another look has shown these orphans. Returns them in two parts: those that are new, and those that were there at the
    /// look before, too.
    pub fn seen(&mut self, orphans: Vec<Owner>) -> (Vec<Owner>, Vec<Owner>) {
        let now = orphans.iter().map(|orphan| orphan.uid.clone()).collect();
        let before = std::mem::replace(&mut self.0, now);
        orphans.into_iter().partition(|orphan| !before.contains(&orphan.uid))
    }

    /// A look has failed: what was seen before it proves nothing any more.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(uids: &str) -> Vec<Owner> {
        let owner = |uid: &str| Owner {
            namespace: "shop".to_owned(),
            name: format!("web-{uid}"),
            uid: uid.to_owned(),
        };
        uids.split_whitespace().map(owner).collect()
    }

    #[test]
    fn an_orphan_is_proven_by_two_looks_in_a_row() {
        let mut watchlist = Watchlist::default();
        assert_eq!(watchlist.seen(owners("a")), (owners("a"), vec![]));
        assert_eq!(watchlist.seen(owners("a b")), (owners("b"), owners("a")));
        assert_eq!(watchlist.seen(owners("b")), (vec![], owners("b")));
        assert_eq!(watchlist.seen(owners("a")), (owners("a"), vec![]));
    }

    #[test]
    fn a_look_that_failed_breaks_the_row() {
        let mut watchlist = Watchlist::default();
        watchlist.seen(owners("a"));
        watchlist.forget();
        assert_eq!(watchlist.seen(owners("a")), (owners("a"), vec![]));
    }
}
