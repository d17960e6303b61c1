//! A write under way, and what it means for the memory however it ends.

use super::Inventory;
use crate::aws::api::AwsApi;
use crate::aws::observed::Outcome;
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;

/// A write to AWS that may be on its way. Dropped without a word on its outcome, as when the task is cancelled or the reply
/// is lost, it leaves the keeper in doubt: the next look at it begins with a fresh snapshot.
#[must_use]
pub(crate) struct Write<'a, A: AwsApi> {
    inventory: &'a Inventory<A>,
    keeper: &'a Keeper,
    settled: bool,
}

impl<A: AwsApi> Inventory<A> {
    /// To be called before a write is sent.
    pub(crate) fn begin_write<'a>(&'a self, keeper: &'a Keeper) -> Write<'a, A> {
        self.records().begin_write(keeper);
        Write {
            inventory: self,
            keeper,
            settled: false,
        }
    }
}

impl<A: AwsApi> Write<'_, A> {
    /// AWS has done it.
    pub(crate) fn done(mut self, step: &Step, outcome: &Outcome) {
        self.inventory.records().record(self.keeper, step, outcome);
        self.settled = true;
    }

    /// AWS has refused it and holds what it held before.
    pub(crate) fn refused(mut self) {
        self.settled = true;
    }

    /// What AWS holds has to be read.
    pub(crate) fn unknown(self) {}
}

impl<A: AwsApi> Drop for Write<'_, A> {
    fn drop(&mut self) {
        let mut records = self.inventory.records();
        records.end_write(self.keeper);
        if !self.settled {
            records.doubt(self.keeper);
        }
    }
}
