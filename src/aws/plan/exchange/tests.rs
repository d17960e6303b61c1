use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::aws::ids::InstanceId;
use crate::service::Port;

fn target(number: u16) -> Target {
    Target {
        instance: InstanceId::new(format!("i-{number:03}")),
        port: Port::new(30080).unwrap(),
    }
}

fn targets(numbers: impl IntoIterator<Item = u16>) -> BTreeSet<Target> {
    numbers.into_iter().map(target).collect()
}

/// Instances are in zones a, b, c by turns, but for those from 900 on, whose zone nobody knows.
fn room(each: usize, each_in_zone: Option<usize>) -> Room {
    let zones = (0..900).map(|number| {
        (
            target(number).instance,
            ["a", "b", "c"][usize::from(number % 3)].to_owned(),
        )
    });
    Room {
        each,
        each_in_zone,
        zones: zones.collect(),
    }
}

fn sizes(exchange: &Exchange) -> [usize; 4] {
    let Exchange {
        make_room,
        join,
        leave,
        follow,
    } = exchange;
    [make_room, join, leave, follow].map(BTreeSet::len)
}

#[rstest]
#[case::nothing_to_do(0..10, 0..10, [0, 0, 0, 0])]
#[case::room_for_both(0..4, 4..8, [0, 4, 4, 0])]
#[case::one_for_one_in_a_full_group(0..10, 1..11, [1, 1, 0, 0])]
#[case::all_new_in_a_full_group(0..10, 10..20, [5, 5, 5, 5])]
#[case::half_full(0..6, 10..16, [2, 6, 4, 0])]
#[case::fewer_are_wanted(0..10, 0..4, [0, 0, 6, 0])]
#[case::nobody_is_wanted(0..10, 0..0, [0, 0, 0, 0])]
#[case::the_first(0..0, 0..10, [0, 10, 0, 0])]
#[case::more_than_fit(0..0, 0..12, [0, 10, 0, 0])]
fn who_comes_is_registered_first_as_far_as_there_is_room(
    #[case] present: std::ops::Range<u16>,
    #[case] wanted: std::ops::Range<u16>,
    #[case] expected: [usize; 4],
) {
    let exchange = exchange(
        &targets(present),
        &targets(wanted),
        &Surplus::Leaves,
        Some(&room(10, None)),
    );
    assert_eq!(sizes(&exchange), expected);
}

#[test]
fn without_bounds_all_come_before_any_leave() {
    let exchange = exchange(&targets(0..500), &targets(500..1000), &Surplus::Leaves, None);
    assert_eq!(sizes(&exchange), [0, 500, 500, 0]);
}

#[test]
fn room_is_made_where_a_zone_is_full_and_nowhere_else() {
    let (present, wanted) = (targets(0..6), targets([0, 1, 2, 4, 5, 6]));
    let swap = |each_in_zone| {
        exchange(
            &present,
            &wanted,
            &Surplus::Leaves,
            Some(&room(100, Some(each_in_zone))),
        )
    };
    assert_eq!(swap(2).make_room, targets([3]), "both are in zone a");
    assert_eq!(sizes(&swap(3)), [0, 1, 1, 0]);
}

#[test]
fn one_of_unknown_zone_leaves_first_where_any_zone_is_full() {
    let present = targets([0, 1, 2, 900]);
    let wanted = targets([0, 1, 2, 3]);
    let swap = exchange(&present, &wanted, &Surplus::Leaves, Some(&room(100, Some(2))));
    assert_eq!(sizes(&swap), [1, 1, 0, 0]);
}

#[test]
fn targets_of_others_stay_and_take_room() {
    let ours = targets([0, 1, 2, 3, 4]).into_iter().map(|target| target.instance);
    let surplus = Surplus::LeavesFrom(ours.collect());
    let swap = exchange(
        &targets([0, 1, 100, 101]),
        &targets([2, 3, 4]),
        &surplus,
        Some(&room(4, None)),
    );
    assert_eq!(swap.make_room, targets([0, 1]));
    assert_eq!(swap.join, targets([2, 3]), "the third of them does not fit in");
    assert_eq!(sizes(&swap), [2, 2, 0, 0]);
}

proptest! {
    #[test]
    fn the_group_is_never_too_full_nor_half_empty_and_ends_as_wanted(
        present in proptest::collection::btree_set(0_u16..60, 0..40),
        wanted in proptest::collection::btree_set(0_u16..60, 1..40),
        each in 1_usize..40,
        in_zone in 1_usize..20,
    ) {
        let room = room(each, Some(in_zone));
        let fits = |targets: &BTreeSet<Target>| {
            let in_zone = |zone| targets.iter().filter(|target| room.zones[&target.instance] == zone).count();
            targets.len() <= each && ["a", "b", "c"].into_iter().all(|zone| Some(in_zone(zone)) <= room.each_in_zone)
        };
        let (present, wanted) = (targets(present), targets(wanted));
        prop_assume!(fits(&present) && fits(&wanted));
        let swap = exchange(&present, &wanted, &Surplus::Leaves, Some(&room));
        let least = present.len().min(wanted.len() / 2);
        let mut now = present;
        for (come, go) in [
            (&BTreeSet::new(), &swap.make_room),
            (&swap.join, &BTreeSet::new()),
            (&BTreeSet::new(), &swap.leave),
            (&swap.follow, &BTreeSet::new()),
        ] {
            now.extend(come.iter().cloned());
            now.retain(|target| !go.contains(target));
            prop_assert!(fits(&now));
            prop_assert!(now.len() >= least, "{} left of {least}", now.len());
        }
        prop_assert_eq!(now, wanted);
    }
}
