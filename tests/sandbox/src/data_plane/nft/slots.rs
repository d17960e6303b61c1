//! A share of client addresses for each target that changes as little as possible when targets come and go.

use sha2::{Digest as _, Sha256};

/// Into so many slots client addresses are hashed.
pub(super) const SLOTS: usize = 256;

/// The target of each slot: the one whose name hashes highest together with the slot (rendezvous hashing). A target that
/// goes leaves only its own slots to others, one that comes takes only the slots that are its own from then on.
pub(super) fn assign<'a>(targets: &[&'a str]) -> Vec<&'a str> {
    let best = |slot: usize| targets.iter().copied().max_by_key(|target| weight(slot, target));
    (0..SLOTS).filter_map(best).collect()
}

fn weight(slot: usize, target: &str) -> Vec<u8> {
    Sha256::digest(format!("{slot} {target}")).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clients_of_a_target_that_goes_move() {
        let before = assign(&["a", "b", "c", "d"]);
        let after = assign(&["a", "b", "d"]);
        assert_eq!(before.len(), SLOTS);
        for (slot, (before, after)) in before.iter().zip(&after).enumerate() {
            assert!(before == after || *before == "c", "slot {slot}: {before} -> {after}");
        }
        assert!(before.contains(&"c") && !after.contains(&"c"));
    }

    #[test]
    fn every_target_gets_a_fair_share() {
        let slots = assign(&["a", "b", "c", "d"]);
        for target in ["a", "b", "c", "d"] {
            let share = slots.iter().filter(|slot| **slot == target).count();
            assert!((SLOTS / 8..SLOTS / 2).contains(&share), "{target}: {share}");
        }
    }

    #[test]
    fn without_targets_there_is_no_slot() {
        assert!(assign(&[]).is_empty());
    }
}
