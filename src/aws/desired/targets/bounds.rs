//! How many targets each target group of a load balancer may have, by the quotas of the account.

use crate::aws::quotas::{
    Limits, Quota, TARGETS_OF_APPLICATION, TARGETS_OF_NETWORK, TARGETS_OF_NETWORK_IN_ZONE, TARGETS_OF_TARGET_GROUP,
    meant_by,
};
use crate::aws::stack::LoadBalancerKind;

/// What the quotas of targets depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) struct Shape {
    pub(in crate::aws::desired) kind: LoadBalancerKind,
    /// Is load balanced across zones, by the load balancer or one of its target groups?
    pub(in crate::aws::desired) cross_zone: bool,
    /// Target groups behind the load balancer, all with the same instances.
    pub(in crate::aws::desired) groups: usize,
}

/// Fewer targets than the quotas promise, as AWS has shown by refusing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// What each target group holds.
    pub each: usize,
    /// The error code by which AWS refuses more.
    pub code: String,
}

/// Most targets of one target group, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) targets: usize,
    /// As part of a sentence: what allows no more.
    pub(super) why: String,
}

/// The bounds of each target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// In all.
    pub(super) each: Bound,
    /// In one zone.
    pub(super) in_zone: Option<Bound>,
}

impl Bounds {
    pub(super) fn new(shape: Shape, limits: &Limits, ceiling: Option<&Ceiling>) -> Self {
        let of_group = Bound::by(&TARGETS_OF_TARGET_GROUP, 1, limits);
        let shared = |quota| Bound::by(quota, shape.groups, limits);
        let of_load_balancer = match (shape.kind, shape.cross_zone) {
            (LoadBalancerKind::Application, _) => vec![shared(&TARGETS_OF_APPLICATION)],
            (LoadBalancerKind::Network, false) => vec![shared(&TARGETS_OF_NETWORK)],
            // Quotas of Network Load Balancers, note 3: zones or not, the quota of one zone is that of all together.
            (LoadBalancerKind::Network, true) => {
                vec![shared(&TARGETS_OF_NETWORK), shared(&TARGETS_OF_NETWORK_IN_ZONE)]
            }
        };
        let in_zone = shape.kind == LoadBalancerKind::Network && !shape.cross_zone;
        let others = of_load_balancer.into_iter().chain(ceiling.map(Bound::seen));
        Self {
            each: others.fold(of_group, Bound::tighter),
            in_zone: in_zone.then(|| shared(&TARGETS_OF_NETWORK_IN_ZONE)),
        }
    }
}

impl Bound {
    /// A share of a quota.
    fn by(quota: &'static Quota, groups: usize, limits: &Limits) -> Self {
        let all = limits.of(quota);
        let counts = match groups {
            0 | 1 => String::new(),
            _ => format!(", of which a node takes {groups}, one for each target group"),
        };
        Self {
            targets: all / groups.max(1),
            why: format!("the quota {quota} allows {all} targets{counts}"),
        }
    }

    fn seen(ceiling: &Ceiling) -> Self {
        let quotas: Vec<_> = meant_by(&ceiling.code).map(ToString::to_string).collect();
        Self {
            targets: ceiling.each,
            why: format!("AWS refuses more ({}), by quota {}", ceiling.code, quotas.join(" or ")),
        }
    }

    fn tighter(self, other: Self) -> Self {
        if other.targets < self.targets { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use LoadBalancerKind::{Application, Network};

    fn bounds(kind: LoadBalancerKind, cross_zone: bool, groups: usize, limits: &Limits) -> (usize, Option<usize>) {
        let shape = Shape {
            kind,
            cross_zone,
            groups,
        };
        let bounds = Bounds::new(shape, limits, None);
        (bounds.each.targets, bounds.in_zone.map(|bound| bound.targets))
    }

    #[rstest]
    #[case::one_group(Network, false, 1, 1000, Some(500))]
    #[case::three_groups_fill_the_load_balancer(Network, false, 4, 750, Some(125))]
    #[case::across_zones(Network, true, 1, 500, None)]
    #[case::across_zones_in_three_groups(Network, true, 3, 166, None)]
    #[case::application(Application, true, 1, 1000, None)]
    #[case::application_with_two_groups(Application, true, 2, 500, None)]
    #[case::nothing_but_redirects(Application, true, 0, 1000, None)]
    fn the_default_quotas_bound_each_target_group(
        #[case] kind: LoadBalancerKind,
        #[case] cross_zone: bool,
        #[case] groups: usize,
        #[case] each: usize,
        #[case] in_zone: Option<usize>,
    ) {
        assert_eq!(bounds(kind, cross_zone, groups, &Limits::default()), (each, in_zone));
    }

    #[test]
    fn raised_quotas_give_more_room_until_another_one_binds() {
        let raised = |quota: &Quota, told: usize| (quota.limit.unwrap().to_owned(), told);
        let limits = Limits::new([raised(&TARGETS_OF_NETWORK_IN_ZONE, 2000)].into());
        assert_eq!(bounds(Network, true, 1, &limits), (1000, None));
        assert_eq!(bounds(Network, true, 2, &limits), (1000, None));
        assert_eq!(bounds(Network, true, 4, &limits), (500, None));
        assert_eq!(bounds(Network, false, 4, &limits), (750, Some(500)));
    }

    #[test]
    fn what_aws_has_refused_bounds_too_and_names_its_quotas() {
        let shape = Shape {
            kind: Network,
            cross_zone: true,
            groups: 1,
        };
        let ceiling = Ceiling {
            each: 40,
            code: "TooManyTargets".to_owned(),
        };
        let bound = Bounds::new(shape, &Limits::default(), Some(&ceiling)).each;
        assert_eq!(bound.targets, 40);
        assert!(bound.why.contains("L-B211E961"), "{}", bound.why);
    }
}
