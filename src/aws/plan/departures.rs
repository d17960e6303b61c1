//! Doubt about nodes removes no targets: where most targets of a target group would leave at once because their nodes have
//! left the node list, that is more likely a fault, such as an API server that lists too few, than a wish.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::aws::ids::InstanceId;
use crate::aws::stack::{Surplus, Target};

/// The targets of one target group, now and as wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Departures<'a> {
    /// Registered now.
    pub(crate) present: &'a BTreeSet<Target>,
    /// Wanted; where none is, none leaves anyway.
    pub(crate) wanted: &'a BTreeSet<Target>,
    /// Whose targets they are.
    pub(crate) surplus: &'a Surplus,
    /// Instances of all nodes in the node list, also of those that are no targets.
    pub(crate) nodes: &'a BTreeSet<InstanceId>,
}

impl<'a> Departures<'a> {
    /// Instances that would leave because their nodes have left the node list, if they are more than half of the cluster's own
    /// targets, new ones included; else none.
    pub(crate) fn mass(&self) -> BTreeSet<&'a InstanceId> {
        let own = |target: &&Target| match self.surplus {
            Surplus::Leaves => true,
            Surplus::LeavesFrom(instances) => instances.contains(&target.instance),
        };
        let present = self.present.iter().filter(own);
        let all = present.clone().chain(self.wanted).collect::<BTreeSet<_>>().len();
        let gone: Vec<&Target> = present.filter(|target| self.is_gone(target)).collect();
        if self.wanted.is_empty() || gone.len().saturating_mul(2) <= all {
            return BTreeSet::new();
        }
        gone.into_iter().map(|target| &target.instance).collect()
    }

    /// The targets on these instances that stay for now.
    pub(crate) fn on(&self, instances: &BTreeSet<InstanceId>) -> impl Iterator<Item = &'a Target> {
        let present = self.present.iter().filter(|target| self.is_gone(target));
        present.filter(move |target| instances.contains(&target.instance))
    }

    fn is_gone(&self, target: &Target) -> bool {
        !self.wanted.contains(target) && !self.nodes.contains(&target.instance)
    }
}

/// Which of the instances of a mass departure stay: those whose departure was `wished_for` less long than `delay`. Those that
/// have `ended`, as EC2 itself says, leave at once, because that is no doubt.
pub(crate) fn staying(
    mass: &BTreeSet<InstanceId>,
    ended: &BTreeSet<InstanceId>,
    mut wished_for: impl FnMut(&InstanceId) -> Duration,
    delay: Duration,
) -> BTreeSet<InstanceId> {
    let in_doubt = mass.difference(ended);
    in_doubt
        .filter(|instance| wished_for(instance) < delay)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::service::Port;

    fn instances(numbers: impl IntoIterator<Item = u8>) -> BTreeSet<InstanceId> {
        numbers
            .into_iter()
            .map(|number| InstanceId::new(format!("i-{number}")))
            .collect()
    }

    fn targets(numbers: impl IntoIterator<Item = u8>) -> BTreeSet<Target> {
        let port = Port::new(30080).unwrap();
        let instances = instances(numbers).into_iter();
        instances.map(|instance| Target { instance, port }).collect()
    }

    #[rstest]
    #[case::one_of_three(0..3, 1..3, 1..3, 0)]
    #[case::half(0..4, 2..4, 2..4, 0)]
    #[case::more_than_half(0..5, 3..5, 3..5, 3)]
    #[case::all_but_one(0..100, 99..100, 99..100, 99)]
    #[case::all_replaced_by_as_many(0..100, 100..200, 100..200, 0)]
    #[case::all_replaced_by_fewer(0..100, 100..150, 100..150, 100)]
    #[case::other_nodes_were_chosen(0..5, 4..5, 0..5, 0)]
    #[case::some_left_and_others_were_not_chosen(0..9, 8..9, 4..9, 0)]
    #[case::nobody_is_wanted(0..5, 0..0, 0..0, 0)]
    #[case::nothing_there(0..0, 0..3, 0..3, 0)]
    fn a_mass_departure_is_more_than_half_because_of_their_nodes(
        #[case] present: std::ops::Range<u8>,
        #[case] wanted: std::ops::Range<u8>,
        #[case] nodes: std::ops::Range<u8>,
        #[case] leaving: usize,
    ) {
        let departures = Departures {
            present: &targets(present),
            wanted: &targets(wanted),
            surplus: &Surplus::Leaves,
            nodes: &instances(nodes),
        };
        assert_eq!(departures.mass().len(), leaving);
    }

    #[test]
    fn targets_of_other_clusters_neither_leave_nor_count() {
        let ours = Surplus::LeavesFrom(instances(0..3));
        let departures = Departures {
            present: &targets(0..100),
            wanted: &targets(2..3),
            surplus: &ours,
            nodes: &instances(2..3),
        };
        assert_eq!(departures.mass(), instances(0..2).iter().collect());
    }

    #[test]
    fn a_changed_port_is_no_departure() {
        let moved: BTreeSet<Target> = targets(0..5)
            .into_iter()
            .map(|target| Target {
                port: Port::new(30081).unwrap(),
                ..target
            })
            .collect();
        let departures = Departures {
            present: &targets(0..5),
            wanted: &moved,
            surplus: &Surplus::Leaves,
            nodes: &instances(0..5),
        };
        assert!(departures.mass().is_empty());
    }

    #[rstest]
    #[case::in_doubt(0..0, 0, 0..3)]
    #[case::for_almost_long_enough(0..0, 299, 0..3)]
    #[case::for_long_enough(0..0, 300, 0..0)]
    #[case::some_have_ended(0..2, 0, 2..3)]
    fn instances_stay_until_their_departure_is_certain(
        #[case] ended: std::ops::Range<u8>,
        #[case] wished_for: u64,
        #[case] expected: std::ops::Range<u8>,
    ) {
        let wished_for = |_: &InstanceId| Duration::from_secs(wished_for);
        let staying = staying(
            &instances(0..3),
            &instances(ended),
            wished_for,
            Duration::from_secs(300),
        );
        assert_eq!(staying, instances(expected));
    }
}
