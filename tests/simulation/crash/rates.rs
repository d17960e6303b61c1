//! A share of all calls fails, or all of them for a while.

use std::cell::Cell;
use std::time::Duration;

use elbow::aws::stack::LoadBalancerKind;
use rstest::rstest;
use tokio::time::Instant;

use super::climate::Climate;
use super::everyday::{EVENTS, Event, for_each_event};
use crate::aws::Fault;
use crate::world::BACKOFF;

const OUTAGE: Duration = Duration::from_secs(600);

#[rstest]
#[case::throttled_1(Climate::Throttled(1), 3)]
#[case::throttled_5(Climate::Throttled(5), 3)]
#[case::throttled_10(Climate::Throttled(10), 4)]
#[case::throttled_25(Climate::Throttled(25), 10)]
#[case::throttled_50(Climate::Throttled(50), 60)]
#[case::stormy_1(Climate::Stormy(1), 3)]
#[case::stormy_5(Climate::Stormy(5), 3)]
#[case::stormy_10(Climate::Stormy(10), 4)]
#[case::stormy_25(Climate::Stormy(25), 10)]
#[case::stormy_50(Climate::Stormy(50), 300)]
#[tokio::test(start_paused = true)]
async fn whatever_share_of_the_calls_fails_the_end_is_the_same_at_a_bounded_cost(
    #[case] weather: Climate,
    #[case] factor: usize,
) {
    for event in EVENTS {
        let clean = event.sequence(LoadBalancerKind::Network).clean().await;
        let sequence = event.sequence(LoadBalancerKind::Network).in_climate(weather);
        let world = sequence.disturbed(&[]).await;
        world.aws.calm();
        let calls = world.aws.calls();
        sequence
            .check_end(&world, &clean, &|| format!("{weather:?}, {event:?}"))
            .await;
        let bound = factor * clean.calls.len().max(10);
        assert!(
            calls <= bound,
            "{calls} calls in the place of {}, {weather:?}, {event:?}",
            clean.calls.len()
        );
    }
}

for_each_event! {
    async fn ten_minutes_without_aws_lose_nothing_and_are_over_within_one_backoff(event, kind) {
        let sequence = event.sequence(kind);
        let mut undisturbed = sequence.begin().await;
        let begun = Instant::now();
        sequence.run(&mut undisturbed, &Cell::new(0)).await;
        let time = begun.elapsed();
        drop(undisturbed);
        let clean = sequence.clean().await;
        for call in 0..clean.calls.len() {
            let mut world = sequence.begin().await;
            world.patience = 1000;
            world.aws.fail(call, Fault::Outage(OUTAGE));
            let begun = Instant::now();
            sequence.run(&mut world, &Cell::new(0)).await;
            let taken = begun.elapsed();
            assert!(
                taken <= OUTAGE + BACKOFF + time,
                "{taken:?} in the place of {time:?}, {event:?}, at call {call}"
            );
            sequence
                .check_end(&world, &clean, &|| format!("an outage at call {call}, {event:?}"))
                .await;
        }
    }
}
