//! The order in which the targets of one target group come and go: who comes is registered first, as far as there is room
//! for both.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::stack::{Room, Surplus, Target};

/// What happens to the targets of a target group, from first to last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exchange {
    /// They leave before others come, because there is no room for both.
    pub(super) make_room: BTreeSet<Target>,
    /// They come.
    pub(super) join: BTreeSet<Target>,
    /// They leave.
    pub(super) leave: BTreeSet<Target>,
    /// They come into the room that the last ones have left.
    pub(super) follow: BTreeSet<Target>,
}

/// From what is `present` to what is `wanted`. Nobody leaves where nobody is wanted; half as many as are wanted, or as are
/// there, stay registered at any moment. Who does not fit in at all stays out.
pub(super) fn exchange(
    present: &BTreeSet<Target>,
    wanted: &BTreeSet<Target>,
    surplus: &Surplus,
    room: Option<&Room>,
) -> Exchange {
    let missing: BTreeSet<Target> = wanted.difference(present).cloned().collect();
    let leaving = present.difference(wanted);
    let leaving = leaving.filter(|target| !wanted.is_empty() && leaves(surplus, target));
    let leaving: BTreeSet<Target> = leaving.cloned().collect();
    let Some(room) = room else {
        return Exchange {
            join: missing,
            leave: leaving,
            ..Exchange::default()
        };
    };
    let spare = present.len().saturating_sub(wanted.len() / 2);
    let make_room = Crowd::of(present.iter().chain(&missing), room).dismiss(&leaving, spare);
    let mut crowd = Crowd::of(present.difference(&make_room), room);
    let (join, later) = crowd.admit(missing);
    let leave: BTreeSet<Target> = leaving.difference(&make_room).cloned().collect();
    leave.iter().for_each(|target| crowd.remove(target));
    let (follow, _) = crowd.admit(later);
    Exchange {
        make_room,
        join,
        leave,
        follow,
    }
}

/// Does a target that is registered and not wanted leave?
fn leaves(surplus: &Surplus, target: &Target) -> bool {
    match surplus {
        Surplus::Leaves => true,
        Surplus::LeavesFrom(instances) => instances.contains(&target.instance),
    }
}

/// How many targets there are, in all and by zone.
struct Crowd<'a> {
    room: &'a Room,
    all: usize,
    zones: BTreeMap<&'a str, usize>,
    /// Of unknown zone: they count in each.
    anywhere: usize,
}

impl<'a> Crowd<'a> {
    fn of<'t>(targets: impl Iterator<Item = &'t Target>, room: &'a Room) -> Self {
        let mut crowd = Self {
            room,
            all: 0,
            zones: BTreeMap::new(),
            anywhere: 0,
        };
        targets.for_each(|target| crowd.add(target));
        crowd
    }

    fn zone(&self, target: &Target) -> Option<&'a str> {
        self.room.zones.get(&target.instance).map(String::as_str)
    }

    fn count(&mut self, target: &Target) -> &mut usize {
        match self.zone(target) {
            Some(zone) => self.zones.entry(zone).or_default(),
            None => &mut self.anywhere,
        }
    }

    fn add(&mut self, target: &Target) {
        self.all = self.all.saturating_add(1);
        let count = self.count(target);
        *count = count.saturating_add(1);
    }

    fn remove(&mut self, target: &Target) {
        self.all = self.all.saturating_sub(1);
        let count = self.count(target);
        *count = count.saturating_sub(1);
    }

    /// Would it help if this one left?
    fn is_too_much(&self, target: &Target) -> bool {
        self.all > self.room.each || self.beyond_zone(self.zone(target), 0)
    }

    /// Is there no room for this one?
    fn is_full_for(&self, target: &Target) -> bool {
        self.all >= self.room.each || self.beyond_zone(self.zone(target), 1)
    }

    /// Would so many more in this zone, or in whichever is the fullest, be too many?
    fn beyond_zone(&self, zone: Option<&str>, more: usize) -> bool {
        let of_zone = match zone {
            Some(zone) => self.zones.get(zone).copied(),
            None => self.zones.values().max().copied(),
        };
        let count = of_zone.unwrap_or_default().saturating_add(self.anywhere);
        self.room
            .each_in_zone
            .is_some_and(|most| count.saturating_add(more) > most)
    }

    /// Lets go who is too much, at most so many.
    fn dismiss(&mut self, targets: &BTreeSet<Target>, most: usize) -> BTreeSet<Target> {
        let mut gone = BTreeSet::new();
        for target in targets {
            if gone.len() < most && self.is_too_much(target) {
                self.remove(target);
                gone.insert(target.clone());
            }
        }
        gone
    }

    /// Takes in who fits; the others are the second part.
    fn admit(&mut self, targets: BTreeSet<Target>) -> (BTreeSet<Target>, BTreeSet<Target>) {
        targets.into_iter().partition(|target| {
            let fits = !self.is_full_for(target);
            if fits {
                self.add(target);
            }
            fits
        })
    }
}

#[cfg(test)]
mod tests;
