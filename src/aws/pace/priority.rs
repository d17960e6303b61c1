//! Whose calls go first where AWS' rate does not do for all. The provider says it once for all that a piece of work does
//! ([`scoped`]), and each call finds it ([`current`]), so that it is no argument of everything in between.

use crate::provider::Occasion;

/// The higher ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Somebody waits for it: a changed or new declaration, a Service that goes.
    Change,
    /// Other nodes, a restart.
    Upkeep,
    /// The look for drift.
    Audit,
}

impl Priority {
    /// How many there are.
    pub(super) const COUNT: usize = 3;

    /// Its position among all, from 0.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Change => 0,
            Self::Upkeep => 1,
            Self::Audit => 2,
        }
    }
}

impl From<Occasion> for Priority {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Change => Self::Change,
            Occasion::Upkeep => Self::Upkeep,
        }
    }
}

tokio::task_local! {
    static CURRENT: Priority;
}

/// Does the work with this priority. It holds for all that is awaited in it, not for tasks that it spawns.
pub(crate) async fn scoped<T>(priority: impl Into<Priority>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(priority.into(), work).await
}

/// The priority of the work that is under way: that of a change where nobody has said, as for a person at a terminal.
pub(super) fn current() -> Priority {
    CURRENT.try_with(|priority| *priority).unwrap_or(Priority::Change)
}
