//! Something with the wanted name exists already. If its tags say that it is the one that was to be made, such as after a
//! lost reply, it is ours; else it is not touched.

use super::Apply;
use crate::aws::api::{AwsApi, AwsResult, LoadBalancerSelection, SecurityGroupSelection};
use crate::aws::error::AwsError;
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;
use crate::aws::stack::{FrontendGroup, LoadBalancer, ResourceName, Tags};
use crate::provider::ProviderError;

/// Reason of the error where somebody else has the name.
const NAME_TAKEN: &str = "NameTaken";

impl<A: AwsApi> Apply<'_, A> {
    /// Does our own load balancer of this name exist already? To be asked before one with a name of the user's choice is
    /// made, because `CreateLoadBalancer` answers with whatever has the name if its settings are the same.
    pub(super) async fn is_name_held(&self, wanted: &LoadBalancer) -> Result<bool, ProviderError> {
        match self.load_balancer_tags(&wanted.name).await? {
            None => Ok(false),
            Some(tags) if Keeper::is_same(&tags, &wanted.tags) => Ok(true),
            Some(_) => Err(taken("a load balancer", wanted.name.as_str())),
        }
    }

    /// Looks at what has the name of that which the step was to make.
    ///
    /// # Errors
    /// Unless it is ours.
    pub(super) async fn check_namesake(&self, step: &Step, error: AwsError) -> Result<(), ProviderError> {
        let (kind, name, found, wanted) = match step {
            Step::CreateLoadBalancer(wanted) => {
                let found = self.load_balancer_tags(&wanted.name).await?;
                ("a load balancer", &wanted.name, found, &wanted.tags)
            }
            Step::CreateTargetGroup(wanted) => {
                let found = self.target_group_tags(&wanted.name).await?;
                ("a target group", &wanted.name, found, &wanted.tags)
            }
            Step::CreateSecurityGroup(wanted) => {
                let found = self.security_group_tags(wanted).await?;
                ("a security group", &wanted.name, found, &wanted.tags)
            }
            // A listener belongs to whom its load balancer belongs.
            Step::CreateListener { .. } | Step::ModifyListener { .. } => return Ok(()),
            _ => return Err(error.into()),
        };
        match found {
            Some(tags) if Keeper::is_same(&tags, wanted) => Ok(()),
            Some(_) => Err(taken(kind, name.as_str())),
            None => Err(ProviderError::Conflict {
                action: step.action().to_owned(),
                message: format!("the name {name} is not free yet: {error}"),
            }),
        }
    }

    async fn load_balancer_tags(&self, name: &ResourceName) -> AwsResult<Option<Tags>> {
        let selection = LoadBalancerSelection::Name(name.clone());
        let found = self.api.describe_load_balancers(&selection).await?;
        match found.first() {
            Some(found) => self.tags(found.arn.as_str()).await.map(Some),
            None => Ok(None),
        }
    }

    async fn target_group_tags(&self, name: &ResourceName) -> AwsResult<Option<Tags>> {
        let all = self.api.describe_target_groups().await?;
        match all.iter().find(|found| found.name == name.as_str()) {
            Some(found) => self.tags(found.arn.as_str()).await.map(Some),
            None => Ok(None),
        }
    }

    async fn security_group_tags(&self, wanted: &FrontendGroup) -> AwsResult<Option<Tags>> {
        let selection = SecurityGroupSelection::Name(wanted.vpc.clone(), wanted.name.to_string());
        let found = self.api.describe_security_groups(&selection).await?;
        Ok(found.into_iter().next().map(|group| group.tags))
    }

    async fn tags(&self, arn: &str) -> AwsResult<Tags> {
        let found = self.api.describe_tags(&[arn.to_owned()]).await?;
        Ok(found.into_iter().next().map(|(_, tags)| tags).unwrap_or_default())
    }
}

fn taken(kind: &str, name: &str) -> ProviderError {
    ProviderError::Invalid {
        reason: NAME_TAKEN,
        message: format!(
            "{kind} named {name} exists and does not carry the tags of this Service; elbow does not touch it. \
             Choose another name or delete it"
        ),
    }
}
