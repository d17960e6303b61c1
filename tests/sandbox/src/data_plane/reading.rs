//! Reading the APIs: raw answers first, kept for as long as nothing was written, then the [`Model`] by a pure function.

mod actions;
mod answers;
mod balancers;
mod changes;
mod groups;
mod network;
mod xml;

#[cfg(test)]
mod tests;

use crate::aws::Aws;

use super::error::{Error, Result};
use super::model::Model;

pub use changes::{Changes, Counts};

use answers::Answers;

/// An answer that cannot be understood; the text says what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// A reader that asks only for what may have changed.
#[derive(Debug)]
pub struct Reader {
    aws: Aws,
    answers: Answers,
    read: Option<Counts>,
}

impl Reader {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new(aws: Aws) -> Self {
        Self {
            aws,
            answers: Answers::default(),
            read: None,
        }
    }

    /// What the APIs say; `counts` is how often each was written to, as told before this call.
    ///
    /// # Errors
    /// When AWS refuses, as it does when something is removed while it is asked for, or answers what cannot be understood.
    /// The next call asks for everything again.
    pub async fn read(&mut self, counts: Counts) -> Result<Model> {
        // Forgotten until all went well, so that what failed is asked for again.
        let before = self.read.take();
        let is_first = before.is_none();
        let before = before.unwrap_or_default();
        if is_first {
            self.answers = Answers::default();
        }
        if is_first || before.ec2 != counts.ec2 {
            self.answers.ask_ec2(&self.aws).await?;
        }
        if is_first || before.elbv2 != counts.elbv2 {
            let written = |arn: &str| before.arns.get(arn) != counts.arns.get(arn);
            self.answers.ask_elbv2(&self.aws, &written).await?;
        }
        let model = model(&self.answers)?;
        self.read = Some(counts);
        Ok(model)
    }
}

/// The model that raw answers describe.
fn model(answers: &Answers) -> Result<Model> {
    let understood = || {
        let instances = network::instances(&answers.instances)?;
        let subnets = network::subnets(&answers.subnets)?;
        Ok(Model {
            load_balancers: balancers::load_balancers(answers, &subnets)?,
            target_groups: groups::target_groups(answers, &instances)?,
            security_groups: network::security_groups(answers)?,
            instances,
            certificates: answers.names.clone(),
        })
    };
    understood().map_err(Error::Malformed)
}
