//! Quotas that elbow may meet: one table for what is checked before a call and for what a refusal names.
//!
//! Names, codes and defaults are those of Service Quotas; see also "Quotas for your Network Load Balancers" and "Quotas for
//! your Application Load Balancers" (Elastic Load Balancing user guides) and "Amazon VPC quotas" (VPC user guide).

use std::collections::BTreeMap;
use std::fmt;

/// A limit of an AWS account.
#[derive(Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name in Service Quotas.
    pub name: &'static str,
    /// Its code in Service Quotas, such as `L-69A177A2`; none where it is not listed there and cannot be raised.
    pub code: Option<&'static str>,
    /// Its name in the answer of `DescribeAccountLimits`; none where AWS does not tell it there.
    pub limit: Option<&'static str>,
    /// What every account has.
    pub default: usize,
    /// Can it be raised?
    pub adjustable: bool,
    /// Error codes by which AWS says that it is reached.
    pub refusals: &'static [&'static str],
}

/// Makes the table and the constants that the code names its rows by.
macro_rules! quotas {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $code:expr, $limit:expr, $default:literal $adjustable:ident,
       $refusals:expr;)*) => {
        $($(#[$doc])* pub const $id: Quota = Quota {
            name: $name,
            code: $code,
            limit: $limit,
            default: $default,
            adjustable: quotas!(@$adjustable),
            refusals: &$refusals,
        };)*

        /// All of them.
        const QUOTAS: &[Quota] = &[$($id),*];
    };
    (@adjustable) => { true };
    (@fixed) => { false };
}

quotas! {
    /// Targets of a target group.
    TARGETS_OF_TARGET_GROUP = "Targets per Target Group per Region",
        Some("L-A0D0B863"), Some("targets-per-target-group"), 1000 adjustable, ["TooManyTargets"];
    /// Targets of an Application Load Balancer; one in N target groups counts N times.
    TARGETS_OF_APPLICATION = "Targets per Application Load Balancer",
        Some("L-7E6692B2"), Some("targets-per-application-load-balancer"), 1000 adjustable, ["TooManyTargets"];
    /// Targets of a Network Load Balancer; one in N target groups counts N times.
    TARGETS_OF_NETWORK = "Targets per Network Load Balancer",
        Some("L-EEF1AD04"), Some("targets-per-network-load-balancer"), 3000 adjustable, ["TooManyTargets"];
    /// As before in one zone; in all zones together where load is balanced across zones.
    TARGETS_OF_NETWORK_IN_ZONE = "Targets per Availability Zone per Network Load Balancer",
        Some("L-B211E961"), Some("targets-per-availability-zone-per-network-load-balancer"), 500 adjustable, ["TooManyTargets"];
    /// How often an instance is a target of one Application Load Balancer.
    REGISTRATIONS_OF_TARGET = "Number of times a target can be registered per Application Load Balancer",
        Some("L-4E7B68E9"), Some("target-id-registrations-per-application-load-balancer"), 1000 adjustable,
        ["TooManyRegistrationsForTargetId"];
    /// Listeners of a Network Load Balancer.
    LISTENERS_OF_NETWORK = "Listeners per Network Load Balancer",
        Some("L-57A373D6"), Some("listeners-per-network-load-balancer"), 50 fixed, ["TooManyListeners"];
    /// Listeners of an Application Load Balancer.
    LISTENERS_OF_APPLICATION = "Listeners per Application Load Balancer",
        Some("L-B6DF7632"), Some("listeners-per-application-load-balancer"), 50 adjustable, ["TooManyListeners"];
    /// Certificates of a Network Load Balancer.
    CERTIFICATES_OF_NETWORK = "Certificates per Network Load Balancer",
        Some("L-52964454"), Some("certificates-per-network-load-balancer"), 25 adjustable, ["TooManyCertificates"];
    /// Certificates of an Application Load Balancer besides the default ones of its listeners.
    CERTIFICATES_OF_APPLICATION = "Certificates per Application Load Balancer",
        Some("L-9365A611"), Some("certificates-per-application-load-balancer"), 25 adjustable, ["TooManyCertificates"];
    /// Target groups behind an Application Load Balancer.
    TARGET_GROUPS_OF_APPLICATION = "Target Groups per Application Load Balancer",
        Some("L-822D1B1B"), Some("target-groups-per-application-load-balancer"), 100 fixed,
        ["TooManyUniqueTargetGroupsPerLoadBalancer"];
    /// Target groups of one action.
    TARGET_GROUPS_OF_ACTION = "Target Groups per Action per Application Load Balancer",
        Some("L-057ECE54"), Some("target-groups-per-action-on-application-load-balancer"), 5 fixed, ["TooManyActions"];
    /// Target groups of account and region.
    TARGET_GROUPS = "Target Groups per Region",
        Some("L-B22855CB"), Some("target-groups"), 3000 adjustable, ["TooManyTargetGroups"];
    /// Network Load Balancers of account and region.
    NETWORK_LOAD_BALANCERS = "Network Load Balancers per Region",
        Some("L-69A177A2"), Some("network-load-balancers"), 50 adjustable, ["TooManyLoadBalancers"];
    /// Application Load Balancers of account and region.
    APPLICATION_LOAD_BALANCERS = "Application Load Balancers per Region",
        Some("L-53DA6B97"), Some("application-load-balancers"), 50 adjustable, ["TooManyLoadBalancers"];
    /// Load balancers that a target group serves.
    LOAD_BALANCERS_OF_TARGET_GROUP = "Load balancers per target group", None, None, 1 fixed, ["TargetGroupAssociationLimit"];
    /// Inbound rules of a security group for one family of addresses.
    RULES_OF_GROUP = "Inbound or outbound rules per security group",
        Some("L-0EA8095F"), None, 60 adjustable, ["RulesPerSecurityGroupLimitExceeded"];
    /// Security groups on a load balancer or an instance.
    GROUPS_OF_INTERFACE = "Security groups per network interface",
        Some("L-2AFB9258"), None, 5 adjustable,
        ["SecurityGroupsPerInterfaceLimitExceeded", "SecurityGroupsPerInstanceLimitExceeded"];
    /// Security groups of account and region.
    GROUPS = "VPC security groups per Region", Some("L-E79EC296"), None, 2500 adjustable, ["SecurityGroupLimitExceeded"];
    /// Tags of a load balancer, listener, target group or security group.
    TAGS_OF_RESOURCE = "Tags per resource", None, None, 50 fixed, ["TooManyTags", "TagLimitExceeded"];
}

/// The quotas that AWS may mean by an error code: none, one or a few.
pub fn meant_by(code: &str) -> impl Iterator<Item = &'static Quota> {
    QUOTAS.iter().filter(move |quota| quota.refusals.contains(&code))
}

impl fmt::Display for Quota {
    /// As people find it in Service Quotas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.name)?;
        self.code.map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}

/// How much of its quotas an account has, as `DescribeAccountLimits` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(BTreeMap<String, usize>);

impl Limits {
    /// Limits by the names of [`Quota::limit`].
    #[must_use]
    pub fn new(told: BTreeMap<String, usize>) -> Self {
        Self(told)
    }

    /// What is known of the account's share; none where nobody has told, and it may be more than the default.
    #[must_use]
    pub fn known(&self, quota: &Quota) -> Option<usize> {
        let told = quota.limit.is_some_and(|name| self.0.contains_key(name));
        (told || !quota.adjustable).then(|| self.of(quota))
    }

    /// The account's share: at least what every account has, because quotas are only ever raised.
    #[must_use]
    pub fn of(&self, quota: &Quota) -> usize {
        let told = quota.limit.and_then(|name| self.0.get(name));
        told.map_or(quota.default, |told| quota.default.max(*told))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::aws::error::ErrorKind;

    #[test]
    fn no_quota_is_there_twice() {
        let names: BTreeSet<_> = QUOTAS.iter().map(|quota| quota.name).collect();
        let codes: BTreeSet<_> = QUOTAS.iter().filter_map(|quota| quota.code).collect();
        assert_eq!(names.len(), QUOTAS.len());
        assert_eq!(codes.len(), QUOTAS.iter().filter(|quota| quota.code.is_some()).count());
    }

    #[test]
    fn every_refusal_of_the_table_is_known_as_one_of_a_quota() {
        for code in QUOTAS.iter().flat_map(|quota| quota.refusals) {
            assert_eq!(ErrorKind::of(code), ErrorKind::Quota, "{code}");
        }
    }

    #[test]
    fn what_the_account_has_more_counts_and_never_less_than_the_default() {
        let name = TARGETS_OF_NETWORK.limit.unwrap().to_owned();
        let limits = |told| Limits::new([(name.clone(), told)].into());
        assert_eq!(Limits::default().of(&TARGETS_OF_NETWORK), 3000);
        assert_eq!(limits(5000).of(&TARGETS_OF_NETWORK), 5000);
        assert_eq!(limits(200).of(&TARGETS_OF_NETWORK), 3000);
        assert_eq!(limits(5000).of(&RULES_OF_GROUP), 60);
    }

    #[test]
    fn a_quota_is_shown_by_the_name_and_code_under_which_it_is_raised() {
        assert_eq!(
            NETWORK_LOAD_BALANCERS.to_string(),
            "\"Network Load Balancers per Region\" (L-69A177A2)"
        );
        assert_eq!(TAGS_OF_RESOURCE.to_string(), "\"Tags per resource\"");
    }
}
