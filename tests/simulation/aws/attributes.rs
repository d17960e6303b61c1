//! ELBv2: changes of attributes. AWS refuses one that the resource does not have.

use elbow::aws::ids::{ListenerArn, LoadBalancerArn, TargetGroupArn};
use elbow::aws::stack::Attributes;

use super::{Answer, State, refuse, require};

impl State {
    pub(super) fn modify_load_balancer_attributes(
        &mut self,
        arn: &LoadBalancerArn,
        changed: &Attributes,
    ) -> Answer<()> {
        let known = &mut self.load_balancer_mut(arn)?.attributes;
        let mut after = known.clone();
        change(&mut after, changed)?;
        for log in ["access_logs", "connection_logs", "health_check_logs"] {
            let value = |field: &str| after.get(&format!("{log}.s3.{field}")).map_or("", String::as_str);
            require(
                value("enabled") != "true" || !value("bucket").is_empty(),
                "InvalidConfigurationRequest",
                "logs need a bucket",
            )?;
        }
        *known = after;
        Ok(())
    }

    pub(super) fn modify_target_group_attributes(&mut self, arn: &TargetGroupArn, changed: &Attributes) -> Answer<()> {
        change(&mut self.target_group_mut(arn)?.attributes, changed)
    }

    pub(super) fn modify_listener_attributes(&mut self, arn: &ListenerArn, changed: &Attributes) -> Answer<()> {
        change(&mut self.listener_mut(arn)?.attributes, changed)
    }
}

fn change(known: &mut Attributes, changed: &Attributes) -> Answer<()> {
    require(!changed.is_empty(), "ValidationError", "no attributes")?;
    if let Some(strange) = changed.keys().find(|key| !known.contains_key(*key)) {
        return refuse("ValidationError", format!("attribute {strange} is not recognized"));
    }
    known.extend(changed.clone());
    Ok(())
}
