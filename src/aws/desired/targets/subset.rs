//! Which nodes are targets where not all may be: as many in each zone as possible, and the same ones as long as possible.
//!
//! Within a zone those with the highest score are chosen (rendezvous hashing): a node's score depends on itself and on the
//! Service only, so that a node which comes or goes moves no others, and each Service has other nodes.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::Candidates;
use crate::aws::ids::InstanceId;

/// At most `each` in all and `in_zone` in each zone; all candidates where that is not exceeded. Nodes of unknown zone count
/// as those of one zone.
pub(super) fn choose(
    candidates: &Candidates,
    each: usize,
    in_zone: Option<usize>,
    service_uid: &str,
) -> BTreeSet<InstanceId> {
    let mut zones: BTreeMap<Option<&str>, Vec<&InstanceId>> = BTreeMap::new();
    for (instance, zone) in candidates {
        zones.entry(zone.as_deref()).or_default().push(instance);
    }
    let most = zones
        .values()
        .map(|instances| in_zone.unwrap_or(usize::MAX).min(instances.len()));
    let shares = shares(&most.collect::<Vec<_>>(), each);
    let chosen = zones.into_values().zip(shares).flat_map(|(mut instances, share)| {
        if share < instances.len() {
            instances.sort_by_cached_key(|instance| score(service_uid, instance));
        }
        instances.into_iter().take(share)
    });
    chosen.cloned().collect()
}

/// How many of `total` each zone gets: none more than it has, and otherwise as equal as possible, where the first ones get
/// what cannot be divided.
fn shares(most: &[usize], total: usize) -> Vec<usize> {
    let mut shares = vec![0_usize; most.len()];
    for _ in 0..total {
        let open = shares.iter_mut().zip(most).filter(|(share, most)| **share < **most);
        let Some((least, _)) = open.min_by_key(|(share, _)| **share) else {
            break;
        };
        *least = least.saturating_add(1);
    }
    shares
}

fn score(service_uid: &str, instance: &InstanceId) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(service_uid);
    sha.update([0]);
    sha.update(instance.as_str());
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::equal(&[9, 9, 9], 6, &[2, 2, 2])]
    #[case::a_rest(&[9, 9, 9], 7, &[3, 2, 2])]
    #[case::a_small_zone_gives_all_it_has(&[1, 9, 9], 7, &[1, 3, 3])]
    #[case::room_for_all(&[1, 2, 3], 100, &[1, 2, 3])]
    #[case::no_zone(&[], 5, &[])]
    #[case::no_room(&[3, 3], 0, &[0, 0])]
    fn zones_get_equal_shares_as_far_as_they_have_nodes(
        #[case] most: &[usize],
        #[case] total: usize,
        #[case] expected: &[usize],
    ) {
        assert_eq!(shares(most, total), expected);
    }

    fn candidates(zones: impl IntoIterator<Item = (u16, u8)>) -> Candidates {
        let candidate = |(number, zone): (u16, u8)| {
            let zone = (zone > 0).then(|| format!("us-east-1{}", char::from(b'`' + zone)));
            (InstanceId::new(format!("i-{number:08x}")), zone)
        };
        zones.into_iter().map(candidate).collect()
    }

    #[test]
    fn each_service_has_other_nodes() {
        let all = candidates((0..400).map(|number| (number, 1)));
        let (one, other) = (choose(&all, 100, None, "one"), choose(&all, 100, None, "other"));
        let shared = one.intersection(&other).count();
        assert!((5..60).contains(&shared), "{shared} of 100 are the same");
    }

    fn any_nodes() -> impl Strategy<Value = Candidates> {
        proptest::collection::btree_map(0_u16..500, 0_u8..5, 1..150).prop_map(candidates)
    }

    proptest! {
        #[test]
        fn the_bounds_are_kept_and_filled_evenly(all in any_nodes(), each in 1_usize..80, in_zone in 1_usize..40) {
            let chosen = choose(&all, each, Some(in_zone), "uid");
            let mut had: BTreeMap<_, usize> = BTreeMap::new();
            let mut got: BTreeMap<_, usize> = BTreeMap::new();
            for (instance, zone) in &all {
                *had.entry(zone).or_default() += 1;
                *got.entry(zone).or_default() += usize::from(chosen.contains(instance));
            }
            let possible: usize = had.values().map(|had| (*had).min(in_zone)).sum();
            prop_assert_eq!(chosen.len(), possible.min(each));
            let most = got.values().max().copied().unwrap_or_default();
            for (zone, got) in &got {
                let full = *got == had[zone].min(in_zone);
                prop_assert!(*got <= in_zone && (full || got + 1 >= most), "{zone:?} has {got}, another {most}");
            }
        }

        #[test]
        fn one_node_more_or_less_moves_at_most_one_other(
            all in any_nodes(), each in 1_usize..80, in_zone in 1_usize..40, pick in any::<proptest::sample::Index>()
        ) {
            let (changed, _) = pick.get(&all.iter().collect::<Vec<_>>()).to_owned();
            let mut fewer = all.clone();
            fewer.remove(changed);
            let with = choose(&all, each, Some(in_zone), "uid");
            let without = choose(&fewer, each, Some(in_zone), "uid");
            let lost: Vec<_> = without.difference(&with).collect();
            let won: Vec<_> = with.difference(&without).filter(|instance| *instance != changed).collect();
            prop_assert!(lost.len() <= 1 && won.is_empty(), "lost {lost:?}, won {won:?}");
        }
    }
}
