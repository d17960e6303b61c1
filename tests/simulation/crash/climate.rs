//! How AWS is: quick and honest, or slow to know what was made and slow to let go of what was deleted.

use std::time::Duration;

use elbow::aws::error::{TIMEOUT, UNREACHABLE};
use elbow::aws::stack::LoadBalancerKind;
use rstest::rstest;

use super::everyday::EVENTS;
use super::{Clean, Sequence};
use crate::aws::{Dice, Fault, Weather};
use crate::world::World;

/// Rounds that a Service takes at most where many calls fail.
const PATIENCE: usize = 2000;

/// How AWS is while something happens to a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Climate {
    /// All is done at once, and seen at once.
    Mild,
    /// New groups are unknown for seconds; names, groups and target groups of what was deleted are held for minutes.
    Slow,
    /// What was written is seen after so many seconds.
    Lagging(u64),
    /// The identity's permissions take ten seconds to be known.
    DeniedAtFirst,
    /// So many percent of the calls are throttled.
    Throttled(u64),
    /// So many percent of the calls fail in one way or another.
    Stormy(u64),
}

impl Climate {
    /// It is like that from now on.
    pub(super) fn begin(self, world: &mut World) {
        match self {
            Self::Mild => (),
            Self::Slow => {
                let mut state = world.aws.state();
                state.delays.new_group = Duration::from_secs(10);
                state.delays.freed_name = Duration::from_secs(90);
                state.delays.listener_end = Duration::from_secs(30);
                state.release = Duration::from_secs(180);
            }
            Self::Lagging(seconds) => world.aws.state().set_read_lag(Duration::from_secs(seconds)),
            Self::DeniedAtFirst => world.aws.refuse_for(Duration::from_secs(10), "AccessDenied"),
            Self::Throttled(share) => Self::fail(world, share, &[Fault::Refuse("Throttling")]),
            Self::Stormy(share) => Self::fail(
                world,
                share,
                &[
                    Fault::Refuse("Throttling"),
                    Fault::Refuse("InternalFailure"),
                    Fault::Refuse(UNREACHABLE),
                    Fault::Refuse(TIMEOUT),
                    Fault::LoseAnswer,
                    Fault::Slow(Duration::from_secs(3)),
                ],
            ),
        }
    }

    fn fail(world: &mut World, share: u64, faults: &[Fault]) {
        world.patience = PATIENCE;
        world.aws.set_weather(Weather {
            share,
            faults: faults.to_vec(),
            dice: Dice::new(share),
        });
    }

    /// May reads show what is not so any more?
    pub(super) fn misleads(self) -> bool {
        matches!(self, Self::Lagging(_))
    }
}

#[rstest]
#[case::slow(Climate::Slow)]
#[case::lagging_1(Climate::Lagging(1))]
#[case::lagging_10(Climate::Lagging(10))]
#[case::lagging_60(Climate::Lagging(60))]
#[case::denied_at_first(Climate::DeniedAtFirst)]
#[tokio::test(start_paused = true)]
async fn a_slow_or_lagging_aws_changes_nothing_about_the_end(#[case] climate: Climate) {
    for event in EVENTS {
        let mild = event.sequence(LoadBalancerKind::Network).clean().await;
        let sequence = event.sequence(LoadBalancerKind::Network).in_climate(climate);
        let calls = sequence.calls().await;
        let clean = Clean { calls, ..mild };
        sequence.holds_with(&[], &clean, climate.misleads()).await;
        for call in 0..clean.calls.len() {
            sequence
                .holds_with(&[(call, Fault::DieAfter)], &clean, climate.misleads())
                .await;
        }
    }
}

impl Sequence {
    pub(super) fn in_climate(self, climate: Climate) -> Self {
        Self { climate, ..self }
    }

    /// The actions called where nothing else goes wrong.
    pub(super) async fn calls(&self) -> Vec<&'static str> {
        let mut world = self.begin().await;
        self.run(&mut world, &std::cell::Cell::new(0)).await;
        world.aws.take_log()
    }
}
