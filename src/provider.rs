//! The seam between the Kubernetes half and a cloud: what the controller asks for and what it gets back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::fence::Closed;
use crate::node::NodeSet;
use crate::service::{Owner, Port, Protocol, Receipt, Service};

/// A cloud that keeps load balancers. All methods are idempotent: repeated with the same input they end in the same
/// state of the cloud, whatever happened to an earlier call. Cancelling a call is safe at any await.
pub trait LoadBalancerProvider: Send + Sync + 'static {
    /// Makes the cloud equal to what the Service asks for, with the given nodes as targets.
    ///
    /// Where a change needs a new load balancer, the new one is returned first; the old one goes only in a later call,
    /// made after `service.published` names the new hostname. `occasion` decides who goes first where calls have to wait.
    ///
    /// # Errors
    /// See [`ProviderError`]; nothing is half-applied that a later call would not finish.
    fn ensure(
        &self,
        service: &Service,
        nodes: &NodeSet,
        occasion: Occasion,
    ) -> impl Future<Output = Result<Ensured, ProviderError>> + Send;

    /// Takes away all that the cloud holds for this owner; nothing held is success. `annotations` are those of the Service
    /// that goes: they may allow what else is refused, such as to delete what is protected. `nodes` are the nodes now, which
    /// may hold something of the Service too; they are empty where they are not known.
    ///
    /// # Errors
    /// [`ProviderError::Conflict`] while the cloud still uses a part of it: to be repeated.
    fn delete(
        &self,
        owner: &Owner,
        annotations: &BTreeMap<String, String>,
        nodes: &NodeSet,
    ) -> impl Future<Output = Result<Deleted, ProviderError>> + Send;

    /// Names of other Services of the same namespace whose ports [`LoadBalancerProvider::ensure`] needs as
    /// [`Service::companions`], told by the annotations alone.
    fn companions(&self, annotations: &BTreeMap<String, String>) -> BTreeSet<String>;

    /// One round of the drift audit: looks at what the cloud holds now, within the audit's budget of calls, so that the
    /// next [`LoadBalancerProvider::ensure`] of a drifted Service repairs it. Writes nothing.
    ///
    /// # Errors
    /// When the cloud could not be read; what was known before stays.
    fn audit(&self) -> impl Future<Output = Result<Audited, ProviderError>> + Send;

    /// For whom the cloud held something when it was last looked at, in a fixed order. Those of them that live no more have
    /// left orphans behind.
    fn owners(&self) -> Vec<Owner>;
}

impl<P: LoadBalancerProvider> LoadBalancerProvider for Arc<P> {
    async fn ensure(&self, service: &Service, nodes: &NodeSet, occasion: Occasion) -> Result<Ensured, ProviderError> {
        self.as_ref().ensure(service, nodes, occasion).await
    }

    async fn delete(
        &self,
        owner: &Owner,
        annotations: &BTreeMap<String, String>,
        nodes: &NodeSet,
    ) -> Result<Deleted, ProviderError> {
        self.as_ref().delete(owner, annotations, nodes).await
    }

    fn companions(&self, annotations: &BTreeMap<String, String>) -> BTreeSet<String> {
        self.as_ref().companions(annotations)
    }

    async fn audit(&self) -> Result<Audited, ProviderError> {
        self.as_ref().audit().await
    }

    fn owners(&self) -> Vec<Owner> {
        self.as_ref().owners()
    }
}

/// Why a Service is looked at. Where calls have to wait for the cloud's rate, the lesser one goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// Somebody waits for it: its declaration has changed or was never served.
    Change,
    /// All else: other nodes, a restart, a look for drift.
    Upkeep,
}

/// What stands in the cloud for a Service after a successful [`LoadBalancerProvider::ensure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ensured {
    /// DNS name of the load balancer, lower case.
    pub hostname: String,
    /// The ports on which it listens, ascending.
    pub ports: Vec<(Port, Protocol)>,
    /// How many writes were made to get there; 0 if all was as wanted.
    pub writes: usize,
    /// One line for people: what serves the Service now (scheme, zones, number of targets).
    pub summary: String,
    /// Things that the user should know though the load balancer stands, such as having no targets.
    pub warnings: Vec<Warning>,
    /// When to call again though nothing changed, such as for the end of a replacement.
    pub recheck: Option<Duration>,
    /// What waits for the cloud's rate of calls though the hostname can be given out already, such as the registration of
    /// targets; `recheck` says when to go on. None where all is done.
    pub pending: Option<String>,
    /// To be handed back as `service.receipt`; none while something is left to do.
    pub receipt: Option<Receipt>,
}

/// Something that the user should know though the Service is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A fixed word in `PascalCase`: the reason of the event.
    pub reason: &'static str,
    /// What is the matter and what to do.
    pub message: String,
}

/// What [`LoadBalancerProvider::delete`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// How many resources were deleted; 0 if nothing was there.
    pub resources: usize,
}

/// What a round of the audit saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Owners whose resources were compared in this round.
    pub examined: usize,
    /// Calls to the cloud that the round took.
    pub calls: usize,
}

/// Why a provider could not do what was asked. The kind decides what happens next; the text tells the user what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The declaration cannot be satisfied; only a change by the user helps.
    #[error("{message}")]
    Invalid {
        /// A fixed word in `PascalCase`: reason of the event and of the condition.
        reason: &'static str,
        /// The field or annotation, its value, and what is allowed.
        message: String,
    },
    /// The cloud refuses elbow's identity.
    #[error("{action} was denied: {message}; allow it in the controller's IAM policy")]
    Denied {
        /// The IAM action, such as `elasticloadbalancing:CreateLoadBalancer`.
        action: String,
        /// The cloud's own words.
        message: String,
    },
    /// A limit of the cloud account is reached.
    #[error("{action}: {message} ({code}); raise the quota or free some of it")]
    Quota {
        /// The IAM action that met the limit.
        action: String,
        /// The cloud's error code, which names the quota.
        code: String,
        /// The cloud's own words.
        message: String,
    },
    /// Too many calls; the cloud asks to slow down.
    #[error("{action} was throttled: {message}")]
    Throttled {
        /// The IAM action.
        action: String,
        /// The cloud's own words.
        message: String,
    },
    /// Something else must finish first, such as network interfaces that still hold a security group.
    #[error("{action} has to wait: {message}")]
    Conflict {
        /// The IAM action.
        action: String,
        /// What is waited for.
        message: String,
    },
    /// A fault that time heals: a timeout, a server error, an unknown code.
    #[error("{action}: {message}")]
    Transient {
        /// The IAM action.
        action: String,
        /// The cause.
        message: String,
    },
    /// The client-side share of the cloud's rate is used up: nothing was sent.
    #[error("{action} waits its turn")]
    Paced {
        /// The IAM action.
        action: String,
        /// When its turn comes.
        wait: Duration,
    },
    /// Something has to be written while `service.receipt` still says that all is done: it has to be withdrawn first.
    #[error("the receipt of the Service is out of date")]
    Outdated,
    /// This replica may not write now.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Reason where the cloud keeps what is protected from deletion.
pub const DELETION_PROTECTED: &str = "DeletionProtected";

/// When to try again after a [`ProviderError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// With growing delays.
    Backoff,
    /// After a fixed delay.
    After(Duration),
    /// With growing delays from a high start: a person or a quota must act first.
    Slowly,
    /// Not at all: another replica goes on.
    Never,
}

/// How long the cloud usually needs to let go of a resource (ELBv2 ResourceInUse, EC2 DependencyViolation).
const CONFLICT_DELAY: Duration = Duration::from_secs(5);

impl ProviderError {
    /// A fixed word in `PascalCase`: reason of event and condition, and metric label.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid { reason, .. } => reason,
            Self::Denied { .. } => "AccessDenied",
            Self::Quota { .. } => "QuotaExceeded",
            Self::Throttled { .. } => "Throttled",
            Self::Conflict { .. } => "Waiting",
            Self::Transient { .. } => "CloudError",
            Self::Paced { .. } => "Paced",
            Self::Outdated => "Outdated",
            Self::Closed(_) => "NotLeader",
        }
    }

    /// When to try again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Invalid { .. } | Self::Denied { .. } | Self::Quota { .. } => Retry::Slowly,
            Self::Throttled { .. } | Self::Transient { .. } => Retry::Backoff,
            Self::Conflict { .. } => Retry::After(CONFLICT_DELAY),
            Self::Paced { wait, .. } => Retry::After(*wait),
            Self::Outdated => Retry::After(Duration::ZERO),
            Self::Closed(_) => Retry::Never,
        }
    }

    /// Must a person act before a retry can succeed?
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        matches!(self, Self::Invalid { .. } | Self::Denied { .. } | Self::Quota { .. })
    }
}
