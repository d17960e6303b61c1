use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::line::SHARE_OF_OTHERS;
use super::*;
use crate::aws::ownership::Keeper;

const RATE: Rate = Rate {
    burst: 2,
    per_second: 4.0,
};

fn keeper(name: &str) -> Who {
    Who::Keeper(Keeper::Service(name.to_owned()))
}

fn ask(who: &Who, priority: Priority) -> Ask {
    Ask {
        who: who.clone(),
        priority,
        seniority: 0,
        skip: 0,
    }
}

fn wait(turn: Turn) -> (u128, usize) {
    match turn {
        Turn::Wait { wait, ahead } => (wait.as_millis(), ahead),
        Turn::Granted => panic!("granted"),
    }
}

/// A gate whose burst is used up.
fn busy(now: Instant) -> Gate {
    let mut gate = Gate::new(RATE, now);
    for number in 0..u64::from(RATE.burst) {
        assert_eq!(gate.ask(ask(&Who::Call(number), Priority::Change), now), Turn::Granted);
    }
    gate
}

#[test]
fn the_line_tells_each_when_its_turn_comes() {
    let now = Instant::now();
    let mut gate = busy(now);
    assert_eq!(wait(gate.ask(ask(&keeper("a"), Priority::Upkeep), now)), (250, 0));
    assert_eq!(wait(gate.ask(ask(&keeper("b"), Priority::Upkeep), now)), (500, 1));
    assert_eq!(wait(gate.ask(ask(&keeper("c"), Priority::Change), now)), (250, 0));
}

#[test]
fn who_comes_back_finds_its_place_and_others_do_not_get_its_token() {
    let start = Instant::now();
    let mut gate = busy(start);
    assert_eq!(wait(gate.ask(ask(&keeper("a"), Priority::Upkeep), start)), (250, 0));
    let due = start + Duration::from_millis(250);
    assert_eq!(wait(gate.ask(ask(&keeper("b"), Priority::Upkeep), due)), (250, 1));
    assert_eq!(gate.ask(ask(&keeper("a"), Priority::Upkeep), due), Turn::Granted);
    assert_eq!(gate.waits().total, Duration::from_millis(250));
}

#[test]
fn asking_often_takes_no_second_place() {
    let now = Instant::now();
    let mut gate = busy(now);
    for _ in 0..3 {
        assert_eq!(wait(gate.ask(ask(&keeper("a"), Priority::Upkeep), now)), (250, 0));
    }
    assert_eq!(gate.waiting(now), 1);
}

#[test]
fn a_place_for_each_token_that_one_waits_for_and_they_are_used_from_the_front() {
    let start = Instant::now();
    let mut gate = busy(start);
    let nth = |skip| Ask {
        skip,
        ..ask(&keeper("a"), Priority::Upkeep)
    };
    assert_eq!(wait(gate.ask(nth(0), start)), (250, 0));
    assert_eq!(wait(gate.ask(nth(1), start)), (500, 1));
    let due = start + Duration::from_millis(250);
    assert_eq!(gate.ask(nth(0), due), Turn::Granted);
    assert_eq!(wait(gate.ask(nth(0), due)), (250, 0));
    assert_eq!(gate.waiting(due), 1);
}

#[test]
fn who_never_comes_back_loses_its_place() {
    let start = Instant::now();
    let mut gate = busy(start);
    gate.ask(ask(&keeper("gone"), Priority::Change), start);
    assert_eq!(wait(gate.ask(ask(&keeper("a"), Priority::Change), start)), (500, 1));
    let later = start + Duration::from_secs(11);
    assert_eq!(gate.waiting(later), 0);
    for name in ["a", "b"] {
        assert_eq!(gate.ask(ask(&keeper(name), Priority::Change), later), Turn::Granted);
    }
}

#[test]
fn who_is_finished_leaves_the_line_at_once() {
    let now = Instant::now();
    let mut gate = busy(now);
    gate.ask(ask(&keeper("gone"), Priority::Change), now);
    gate.leave(&keeper("gone"));
    assert_eq!(wait(gate.ask(ask(&keeper("a"), Priority::Change), now)), (250, 0));
}

#[test]
fn work_that_was_begun_is_finished_before_other_work() {
    let now = Instant::now();
    let mut gate = busy(now);
    let of = |name, seniority| Ask {
        seniority,
        ..ask(&keeper(name), Priority::Change)
    };
    gate.ask(of("new", 2), now);
    assert_eq!(wait(gate.ask(of("old", 1), now)), (250, 0));
    assert_eq!(wait(gate.ask(of("new", 2), now)), (500, 1));
}

#[test]
fn a_change_moves_what_waits_for_its_nodes_forward() {
    let now = Instant::now();
    let mut gate = busy(now);
    gate.ask(ask(&keeper("a"), Priority::Upkeep), now);
    gate.ask(ask(&keeper("b"), Priority::Upkeep), now);
    assert_eq!(wait(gate.ask(ask(&keeper("b"), Priority::Change), now)), (250, 0));
    assert_eq!(gate.waiting(now), 2);
}

/// Everybody asks whenever its turn may have come; returns who got a token, in order.
fn served(gate: &mut Gate, mut open: BTreeMap<u64, Priority>, mut now: Instant) -> Vec<Priority> {
    let mut order = Vec::new();
    for _ in 0..10_000 {
        let asking: BTreeSet<u64> = open.keys().copied().collect();
        for number in asking {
            let priority = open[&number];
            if gate.ask(ask(&Who::Call(number), priority), now) == Turn::Granted {
                open.remove(&number);
                order.push(priority);
            }
        }
        if open.is_empty() {
            return order;
        }
        now += Duration::from_millis(250);
    }
    panic!("{} were never served", open.len());
}

#[test]
fn the_higher_priority_goes_first_but_every_fifth_token_goes_to_who_waits_behind_it() {
    let now = Instant::now();
    let mut gate = busy(now);
    let lower = (0..4).map(|number| (100 + number, Priority::Upkeep));
    let higher = (0..20).map(|number| (200 + number, Priority::Change));
    let order = served(&mut gate, lower.chain(higher).collect(), now);
    let turns: Vec<usize> = (0..order.len())
        .filter(|turn| order[*turn] == Priority::Upkeep)
        .collect();
    assert_eq!(turns, [4, 9, 14, 19]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nobody_starves_whoever_comes(priorities in prop::collection::vec(0_usize..3, 1..60)) {
        let all = [Priority::Change, Priority::Upkeep, Priority::Audit];
        let now = Instant::now();
        let mut gate = busy(now);
        let open = priorities.iter().enumerate();
        let open: BTreeMap<u64, Priority> = open.map(|(n, p)| (u64::try_from(n).unwrap() + 10, all[*p])).collect();
        let order = served(&mut gate, open.clone(), now);
        prop_assert_eq!(order.len(), open.len());
        // Of any five tokens in a row one went to a lower priority than the highest, as long as one waited.
        let share = usize::try_from(SHARE_OF_OTHERS).unwrap();
        for (start, window) in order.windows(share).enumerate() {
            let waiting_lower = order[start + share..].iter().any(|later| *later > window[0]);
            let same = window.iter().all(|priority| *priority == window[0]);
            prop_assert!(!(same && waiting_lower), "{:?}", order);
        }
    }
}
