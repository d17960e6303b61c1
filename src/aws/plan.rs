//! PURE. ([`crate::aws::stack::Stack`], [`crate::aws::observed::Observed`]) -> [`Plan`]: the ordered, smallest set of steps.

pub mod step;

use step::Step;

/// Steps in stages: those of one stage are independent of each other and run at the same time; a stage begins when the
/// one before is done. An empty plan means that AWS is as wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// No stage is empty.
    pub stages: Vec<Vec<Step>>,
}
