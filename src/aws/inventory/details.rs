//! What one owner's resources are in detail: a call for each, made in parallel. Optional features are looked at only where
//! the resource's tags remember them, so that who does not use them pays neither a call nor a permission.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{parse, snapshot, together};
use crate::aws::api::{AwsApi, AwsResult, ListenerDescription};
use crate::aws::desired::tags::Extra;
use crate::aws::ids::{CertificateArn, WebAclArn};
use crate::aws::observed::{Observed, ObservedListener, ObservedLoadBalancer, ObservedTargetGroup};
use crate::aws::stack::{Attributes, Tags};

/// Reads details, and counts the calls that it makes.
pub(super) struct Reader<'a, A> {
    api: &'a A,
    calls: AtomicUsize,
}

impl<'a, A: AwsApi> Reader<'a, A> {
    pub(super) fn new(api: &'a A) -> Self {
        Self {
            api,
            calls: AtomicUsize::new(0),
        }
    }

    /// Calls made so far.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// The owner's resources with their details as they are now, whatever details were known.
    ///
    /// # Errors
    /// Not found where a resource went away meanwhile: then the owner has to be looked up from the start.
    pub(super) async fn read(&self, known: Observed) -> AwsResult<Observed> {
        let load_balancers = known.load_balancers.iter().map(|l| self.load_balancer(l, &known));
        let load_balancers = together(load_balancers.collect());
        let target_groups = together(known.target_groups.iter().map(|t| self.target_group(t)).collect());
        let (load_balancers, target_groups) = tokio::try_join!(load_balancers, target_groups)?;
        Ok(Observed {
            load_balancers,
            target_groups,
            security_groups: known.security_groups,
        })
    }

    async fn load_balancer(&self, known: &ObservedLoadBalancer, owner: &Observed) -> AwsResult<ObservedLoadBalancer> {
        let attributes = self.counted(self.api.describe_load_balancer_attributes(&known.arn));
        let listeners = async {
            let found = self.counted(self.api.describe_listeners(&known.arn)).await?;
            self.listeners(found, owner).await
        };
        let (attributes, listeners, capacity_units, web_acl) =
            tokio::try_join!(attributes, listeners, self.capacity(known), self.web_acl(known))?;
        let mut read = known.clone();
        (read.spec.capacity_units, read.spec.web_acl) = (capacity_units, web_acl);
        read.spec.attributes = attributes;
        read.listeners = listeners;
        Ok(read)
    }

    async fn capacity(&self, known: &ObservedLoadBalancer) -> AwsResult<u32> {
        if Extra::Capacity.is_in(&known.spec.tags) {
            self.counted(self.api.describe_capacity(&known.arn)).await
        } else {
            Ok(0)
        }
    }

    async fn web_acl(&self, known: &ObservedLoadBalancer) -> AwsResult<Option<WebAclArn>> {
        if Extra::WebAcl.is_in(&known.spec.tags) {
            self.counted(self.api.describe_web_acl(&known.arn)).await
        } else {
            Ok(None)
        }
    }

    async fn listeners(&self, found: Vec<ListenerDescription>, owner: &Observed) -> AwsResult<Vec<ObservedListener>> {
        let arns: Vec<String> = found.iter().map(|listener| listener.arn.to_string()).collect();
        self.calls.fetch_add(snapshot::tag_calls(arns.len()), Ordering::Relaxed);
        let mut tags = snapshot::tags_of(self.api, &arns).await?;
        let parsed = found.into_iter().map(|listener| {
            let tags = tags.remove(listener.arn.as_str()).unwrap_or_default();
            self.listener(listener, tags, owner)
        });
        together(parsed.collect()).await
    }

    async fn listener(&self, found: ListenerDescription, tags: Tags, owner: &Observed) -> AwsResult<ObservedListener> {
        let (certificates, attributes) =
            tokio::try_join!(self.certificates(&found), self.listener_attributes(&found, &tags))?;
        let mut listener = parse::listener(found, tags, certificates, owner);
        if let Some(spec) = &mut listener.spec {
            spec.attributes = attributes;
        }
        Ok(listener)
    }

    async fn listener_attributes(&self, listener: &ListenerDescription, tags: &Tags) -> AwsResult<Attributes> {
        if Extra::Attributes.is_in(tags) {
            self.counted(self.api.describe_listener_attributes(&listener.arn)).await
        } else {
            Ok(Attributes::new())
        }
    }

    /// Certificates besides the default one, which only TLS listeners can have.
    async fn certificates(&self, listener: &ListenerDescription) -> AwsResult<Vec<CertificateArn>> {
        let settings = listener.settings.as_ref();
        if settings.is_some_and(|settings| settings.protocol.is_secure()) {
            self.counted(self.api.describe_listener_certificates(&listener.arn))
                .await
        } else {
            Ok(Vec::new())
        }
    }

    async fn target_group(&self, known: &ObservedTargetGroup) -> AwsResult<ObservedTargetGroup> {
        let (attributes, targets) = tokio::try_join!(
            self.counted(self.api.describe_target_group_attributes(&known.arn)),
            self.counted(self.api.describe_target_health(&known.arn)),
        )?;
        let mut read = known.clone();
        read.spec.attributes = attributes;
        read.spec.targets = parse::targets(targets);
        Ok(read)
    }

    fn counted<T>(&self, call: impl Future<Output = AwsResult<T>>) -> impl Future<Output = AwsResult<T>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        call
    }
}
