//! Subnets that the user names, by id or by their tag `Name`. Tags of roles and clusters are not asked then.

use std::collections::BTreeMap;

use crate::aws::api::SubnetDescription;

use super::super::Facts;
use super::super::annotations::{Reference, keys};
use super::super::invalid::{Faults, Invalid, NO_SUBNET, quoted};
use super::{Wanted, too_full};

impl Wanted {
    /// The subnets, in the order in which they are named.
    ///
    /// # Errors
    /// [`Invalid`] if one cannot be found, cannot be used, or shares its zone with another, or if there are too few.
    pub(super) fn named<'a>(
        self,
        references: &[Reference],
        facts: &'a Facts,
    ) -> Result<Vec<&'a SubnetDescription>, Invalid> {
        let mut faults = Faults::default();
        let mut zones: BTreeMap<&str, &SubnetDescription> = BTreeMap::new();
        let mut subnets: Vec<&SubnetDescription> = Vec::new();
        for reference in references {
            match find(reference, facts) {
                Err(why) => refuse(&mut faults, &why),
                Ok(subnet) if subnets.iter().any(|known| known.id == subnet.id) => {}
                Ok(subnet) => {
                    self.judge(subnet, facts, &mut faults);
                    if let Some(other) = zones.insert(&subnet.zone, subnet) {
                        let text = format!(
                            "{} and {} are both in zone {}; allowed is one a zone",
                            other.id, subnet.id, subnet.zone
                        );
                        refuse(&mut faults, &text);
                    }
                    subnets.push(subnet);
                }
            }
        }
        faults.finish()?;
        if subnets.len() < self.fewest() {
            let text = format!(
                "annotation {}: an application load balancer needs subnets in two zones at least",
                keys::SUBNETS
            );
            return Err(Invalid::new(NO_SUBNET, text));
        }
        Ok(subnets)
    }

    fn judge(self, subnet: &SubnetDescription, facts: &Facts, faults: &mut Faults) {
        if let Some(why) = too_full(subnet).filter(|_| !self.uses(subnet, facts)) {
            refuse(faults, &format!("{} {why}", subnet.id));
        }
        if let Some(why) = self.without_ipv6(subnet) {
            refuse(faults, &format!("{} {why}", subnet.id));
        }
    }
}

fn refuse(faults: &mut Faults, why: &str) {
    faults.add(NO_SUBNET, format!("annotation {}: {why}", keys::SUBNETS));
}

fn find<'a>(reference: &Reference, facts: &'a Facts) -> Result<&'a SubnetDescription, String> {
    let (text, what) = match reference {
        Reference::Id(id) => (id, "this id"),
        Reference::Name(name) => (name, "this tag Name"),
    };
    let matches = |subnet: &&SubnetDescription| match reference {
        Reference::Id(id) => subnet.id.as_str() == id,
        Reference::Name(name) => subnet.tags.get("Name") == Some(name),
    };
    let mut found = facts.subnets.iter().filter(matches);
    match (found.next(), found.next()) {
        (Some(subnet), None) => Ok(subnet),
        (None, _) => Err(format!(
            "{}: no subnet of the VPC {} has {what}",
            quoted(text),
            facts.vpc
        )),
        (Some(_), Some(_)) => Err(format!(
            "{}: several subnets of the VPC {} have {what}; give the id",
            quoted(text),
            facts.vpc
        )),
    }
}
