//! Errors of AWS, classified by their code: the only place that knows what a code means.

use crate::aws::desired::annotations::keys;
use crate::aws::quotas;
use crate::fence::Closed;

use crate::provider::{DELETION_PROTECTED, ProviderError};

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {message} ({code})")]
pub struct AwsError {
    /// The IAM action, such as `elasticloadbalancing:CreateLoadBalancer`.
    pub action: &'static str,
    /// AWS' error code; one of [`TIMEOUT`] and its like where AWS gave none.
    pub code: String,
    /// AWS' own words.
    pub message: String,
    /// What the code means for elbow.
    pub kind: ErrorKind,
}

/// What an error code means for elbow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The resource does not exist: success of a delete, a stale view otherwise.
    NotFound,
    /// It exists already: adopt it if it is ours.
    AlreadyExists,
    /// Something else still uses it: try again soon.
    InUse,
    /// Slow down.
    Throttled,
    /// The identity may not.
    Denied,
    /// A limit of the account.
    Quota,
    /// A target of the call cannot be registered, which fails the whole batch.
    InvalidTarget,
    /// The request itself is refused; our own checks should have caught it.
    Rejected,
    /// The resource is guarded, such as by deletion protection.
    Protected,
    /// A fault that time heals; whether a write was done is unknown.
    Transient,
    /// This replica may not write now.
    Closed(Closed),
}

/// Code of a call that met its deadline.
pub const TIMEOUT: &str = "Timeout";
/// Code of a call that got no answer: no connection, or one that broke.
pub const UNREACHABLE: &str = "Unreachable";
/// Code of an answer that makes no sense, such as one cut short or without a field that the API promises.
pub const UNREADABLE: &str = "UnreadableAnswer";
/// Code of a call that was not sent because no credentials were found.
pub const NO_CREDENTIALS: &str = "NoCredentials";
/// Code of a write that the fence held back.
pub const FENCE_CLOSED: &str = "FenceClosed";

/// What each code means. Sources: the error sections of the ELBv2, EC2 and WAF API references and their lists of common
/// errors; the throttle codes are those of the AWS SDKs. A code that is not here is [`ErrorKind::Transient`].
const CODES: &[(ErrorKind, &[&str])] = &[
    (
        ErrorKind::Throttled,
        &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttling",
            "ThrottledException",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ],
    ),
    (
        ErrorKind::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "InvalidClientTokenId",
            "MissingAuthenticationToken",
            "OptInRequired",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
            NO_CREDENTIALS,
        ],
    ),
    (
        ErrorKind::NotFound,
        &[
            "InvalidGroup.NotFound",
            "InvalidGroupId.NotFound",
            "InvalidPermission.NotFound",
            // Groups and subnets are looked up before they are named in a call, so one that is unknown now went away
            // since, or is so new that ELBv2 has not heard of it: either way the next look tells.
            "InvalidSecurityGroup",
            "InvalidSubnetID.NotFound",
            "ListenerNotFound",
            "LoadBalancerNotFound",
            "SubnetNotFound",
            "TargetGroupNotFound",
        ],
    ),
    (
        ErrorKind::AlreadyExists,
        &[
            "DuplicateListener",
            "DuplicateLoadBalancerName",
            "DuplicateTargetGroupName",
            "InvalidGroup.Duplicate",
            "InvalidPermission.Duplicate",
        ],
    ),
    (
        ErrorKind::InUse,
        &[
            "CapacityReservationPending",
            "DependencyViolation",
            "InvalidGroup.InUse",
            // ELBv2 says so of a change of capacity while the last one is under way.
            "PriorRequestNotComplete",
            "ResourceInUse",
            // WAF says so of a load balancer that is too new.
            "WAFUnavailableEntityException",
        ],
    ),
    (
        ErrorKind::Quota,
        &[
            "CapacityDecreaseRequestLimitExceeded",
            "CapacityUnitsLimitExceeded",
            "InsufficientCapacity",
            // ELBv2's word for a subnet without free addresses.
            "InvalidSubnet",
            "InsufficientFreeAddressesInSubnet",
            "RulesPerSecurityGroupLimitExceeded",
            "SecurityGroupLimitExceeded",
            "SecurityGroupsPerInstanceLimitExceeded",
            "SecurityGroupsPerInterfaceLimitExceeded",
            "TagLimitExceeded",
            "TargetGroupAssociationLimit",
            "TooManyActions",
            "TooManyCertificates",
            "TooManyListeners",
            "TooManyLoadBalancers",
            "TooManyRegistrationsForTargetId",
            "TooManyTags",
            "TooManyTargetGroups",
            "TooManyTargets",
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            "WAFLimitsExceededException",
        ],
    ),
    (
        ErrorKind::InvalidTarget,
        &["InvalidInstanceID.NotFound", "InvalidTarget"],
    ),
    (ErrorKind::Protected, &["OperationNotPermitted"]),
    (
        ErrorKind::Rejected,
        &[
            "ALPNPolicyNotFound",
            "AllocationIdNotFound",
            "AvailabilityZoneNotSupported",
            "CertificateNotFound",
            "DuplicateTagKeys",
            "IncompatibleProtocols",
            "InvalidConfigurationRequest",
            "InvalidGroup.Reserved",
            "InvalidGroupId.Malformed",
            "InvalidLoadBalancerAction",
            "InvalidInstanceID.Malformed",
            "InvalidParameter",
            "InvalidParameterCombination",
            "InvalidParameterValue",
            "InvalidPermission.Malformed",
            "InvalidPrefixListID.NotFound",
            "InvalidPrefixListId.Malformed",
            "InvalidScheme",
            "InvalidVpcID.NotFound",
            "MissingParameter",
            "SSLPolicyNotFound",
            "UnsupportedProtocol",
            "ValidationError",
            "VpcIdNotSpecified",
            "WAFFeatureNotIncludedInPricingPlanException",
            "WAFInvalidOperationException",
            "WAFInvalidParameterException",
            // The web ACL is named by the user, so it is more likely that one which does not exist.
            "WAFNonexistentItemException",
        ],
    ),
];

impl ErrorKind {
    /// The meaning of a code of ELBv2, EC2 or WAF. Faults of the service, expired signatures and codes that elbow does not
    /// know are [`ErrorKind::Transient`]: they cost a retry, where a wrong guess would stop the Service for good.
    #[must_use]
    pub fn of(code: &str) -> Self {
        CODES
            .iter()
            .find(|(_, codes)| codes.contains(&code))
            .map_or(Self::Transient, |(kind, _)| *kind)
    }
}

impl AwsError {
    /// An error as AWS worded it, classified by its code.
    #[must_use]
    pub fn new(action: &'static str, code: &str, message: impl Into<String>) -> Self {
        Self {
            action,
            code: code.to_owned(),
            message: message.into(),
            kind: ErrorKind::of(code),
        }
    }

    /// The refusal of a write by the fence.
    #[must_use]
    pub fn closed(action: &'static str, why: Closed) -> Self {
        Self {
            action,
            code: FENCE_CLOSED.to_owned(),
            message: why.to_string(),
            kind: ErrorKind::Closed(why),
        }
    }
}

/// Of other actions `OperationNotPermitted` says that the account may not, such as make any load balancer.
const DELETE_LOAD_BALANCER: &str = "elasticloadbalancing:DeleteLoadBalancer";

impl From<AwsError> for ProviderError {
    fn from(error: AwsError) -> Self {
        let action = error.action.to_owned();
        let said = format!("{} ({})", error.message, error.code);
        match error.kind {
            ErrorKind::Throttled => Self::Throttled { action, message: said },
            ErrorKind::Denied => Self::Denied { action, message: said },
            ErrorKind::Quota => Self::Quota {
                action,
                message: error.message + &quotas_of(&error.code),
                code: error.code,
            },
            ErrorKind::InUse => Self::Conflict { action, message: said },
            ErrorKind::Protected if action == DELETE_LOAD_BALANCER => Self::Invalid {
                reason: DELETION_PROTECTED,
                message: format!(
                    "AWS refuses {action}: {said}; the load balancer is protected from deletion. To let it go, set \
                     deletion_protection.enabled=false in annotation {}",
                    keys::ATTRIBUTES
                ),
            },
            ErrorKind::Rejected | ErrorKind::Protected => Self::Invalid {
                reason: "Rejected",
                message: format!("AWS refuses {action}: {said}"),
            },
            ErrorKind::Closed(why) => Self::Closed(why),
            ErrorKind::NotFound => transient(action, said, "; it went away meanwhile, looking again"),
            ErrorKind::AlreadyExists => transient(action, said, "; it appeared meanwhile, looking again"),
            ErrorKind::InvalidTarget => transient(action, said, "; looking at the instances again"),
            ErrorKind::Transient => transient(action, said, ""),
        }
    }
}

/// The quotas that a refusal may be about, as people find them in Service Quotas; empty where the code says it all.
fn quotas_of(code: &str) -> String {
    let quotas: Vec<_> = quotas::meant_by(code).map(ToString::to_string).collect();
    if quotas.is_empty() {
        return String::new();
    }
    format!("; the quota is {}", quotas.join(" or "))
}

fn transient(action: String, said: String, advice: &str) -> ProviderError {
    ProviderError::Transient {
        action,
        message: said + advice,
    }
}

#[cfg(test)]
mod tests;
