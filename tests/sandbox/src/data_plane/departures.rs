//! Targets that were deregistered: they get no new connections, and those they have go on for the deregistration delay, then
//! end where the group's attributes say so. Pure.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use tokio::time::Instant;

use super::Picture;
use super::health::Key;
use super::model::{Target, TargetGroup};
use super::verdict::{State, Verdict};

/// Connections through a load balancer to one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Addresses of the load balancers.
    pub through: Vec<Ipv4Addr>,
    /// The target.
    pub to: SocketAddrV4,
}

/// The targets that are leaving.
#[derive(Debug, Default)]
pub struct Departures(BTreeMap<Key, Departure>);

#[derive(Debug)]
struct Departure {
    until: Instant,
    /// What ends then.
    ends: Option<Connections>,
}

impl Departures {
    /// Takes note of the targets that are registered in `before` and not in `after`, at the time `now`. One that is back, or
    /// whose group is gone, is leaving no longer.
    pub fn note(&mut self, before: &Picture, after: &Picture, now: Instant) {
        for group in before.model.target_groups.values() {
            let Some(later) = after.model.target_groups.get(&group.arn) else {
                continue;
            };
            for target in group.targets.iter().filter(|target| !holds(later, &target.key())) {
                let ends = later
                    .attributes
                    .is_on("deregistration_delay.connection_termination.enabled");
                let delay = later.attributes.seconds("deregistration_delay.timeout_seconds");
                let ends = ends.then(|| connections(before, group, target)).flatten();
                let until = now + delay;
                self.0
                    .insert((group.arn.clone(), target.key()), Departure { until, ends });
            }
        }
        let groups = &after.model.target_groups;
        self.0
            .retain(|(arn, key), _| groups.get(arn).is_some_and(|group| !holds(group, key)));
    }

    /// Forgets the targets whose time is over, and returns the connections that end with it.
    pub fn over(&mut self, now: Instant) -> Vec<Connections> {
        let over = self.0.extract_if(.., |_, departure| departure.until <= now);
        over.filter_map(|(_, departure)| departure.ends).collect()
    }

    /// How long until the next target's time is over.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Duration> {
        let first = self.0.values().map(|departure| departure.until).min()?;
        Some(first.saturating_duration_since(now))
    }

    /// What is said about targets that are leaving.
    pub fn verdicts(&self) -> impl Iterator<Item = (&Key, Verdict)> {
        let draining = Verdict::new(
            State::Draining,
            "Target.DeregistrationInProgress",
            "Target deregistration is in progress",
        );
        self.0.keys().map(move |key| (key, draining.clone()))
    }
}

/// The connections to a target through all load balancers that use its group; none when it is nowhere.
#[must_use]
pub fn connections(picture: &Picture, group: &TargetGroup, target: &Target) -> Option<Connections> {
    let uses = picture.model.load_balancers.iter().filter(|balancer| {
        let mut listeners = balancer.listeners.iter();
        listeners.any(|listener| picture.model.groups_of(listener).any(|used| used.arn == group.arn))
    });
    let zones = uses.flat_map(|balancer| picture.addresses.zones(balancer));
    Some(Connections {
        through: zones
            .flat_map(|(_, address)| address.all().collect::<Vec<_>>())
            .collect(),
        to: SocketAddrV4::new(target.address?, target.port),
    })
}

fn holds(group: &TargetGroup, key: &str) -> bool {
    group.targets.iter().any(|target| target.key() == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_plane::fixture::{group, picture};

    const DELAY: Duration = Duration::from_secs(20);

    fn with(attributes: &[(&str, &str)]) -> Picture {
        let mut picture = picture();
        let delay = ("deregistration_delay.timeout_seconds", "20");
        group(&mut picture).attributes = attributes.iter().copied().chain([delay]).collect();
        picture
    }

    fn without_b(picture: &Picture) -> Picture {
        let mut after = picture.clone();
        group(&mut after).targets.retain(|target| target.id != "i-b");
        after
    }

    #[test]
    fn connections_end_after_the_delay_where_the_group_says_so() {
        let now = Instant::now();
        for (ends, expected) in [("true", 1), ("false", 0)] {
            let before = with(&[("deregistration_delay.connection_termination.enabled", ends)]);
            let mut departures = Departures::default();
            departures.note(&before, &without_b(&before), now);
            assert_eq!(departures.next(now), Some(DELAY));
            let said: Vec<_> = departures
                .verdicts()
                .map(|(key, verdict)| (key.1.as_str(), verdict.state))
                .collect();
            assert_eq!(said, [("i-b:30080", State::Draining)]);
            assert_eq!(departures.over(now), []);
            let over = departures.over(now + DELAY);
            assert_eq!(over.len(), expected);
            assert!(
                over.iter()
                    .all(|over| over.to == "10.0.32.4:30080".parse().unwrap() && over.through.len() == 6)
            );
            assert_eq!(departures.verdicts().count(), 0);
        }
    }

    #[test]
    fn a_target_that_is_back_or_whose_group_is_gone_is_leaving_no_longer() {
        let now = Instant::now();
        let before = with(&[]);
        let after = without_b(&before);
        let mut departures = Departures::default();
        departures.note(&before, &after, now);
        departures.note(&after, &before, now);
        assert_eq!(departures.next(now), None);
        departures.note(&before, &after, now);
        departures.note(&after, &Picture::default(), now);
        assert_eq!(departures.next(now), None);
    }
}
