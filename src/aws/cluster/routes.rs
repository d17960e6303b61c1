//! PURE. Which subnets are public: those whose route table leads to an internet gateway (VPC user guide, "Subnet types").

use std::collections::BTreeSet;

use crate::aws::api::RouteTableDescription;
use crate::aws::ids::SubnetId;

/// The public ones of these subnets. A subnet without a table of its own follows the VPC's main table.
pub(super) fn public_subnets<'a>(
    subnets: impl Iterator<Item = &'a SubnetId>,
    tables: &[RouteTableDescription],
) -> BTreeSet<SubnetId> {
    let main = tables.iter().find(|table| table.main);
    let is_public = |subnet: &&SubnetId| {
        let own = tables.iter().find(|table| table.subnets.contains(*subnet));
        own.or(main).is_some_and(|table| table.internet_gateway)
    };
    subnets.filter(is_public).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(main: bool, subnets: &[&str], internet_gateway: bool) -> RouteTableDescription {
        RouteTableDescription {
            main,
            subnets: subnets.iter().map(|id| SubnetId::new(*id)).collect(),
            internet_gateway,
        }
    }

    fn public(tables: &[RouteTableDescription]) -> Vec<String> {
        let subnets = [SubnetId::new("a"), SubnetId::new("b")];
        let public = public_subnets(subnets.iter(), tables);
        public.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_subnet_is_public_by_its_own_table_before_the_main_one() {
        assert_eq!(public(&[table(true, &[], false), table(false, &["a"], true)]), ["a"]);
        assert_eq!(public(&[table(true, &[], true), table(false, &["a"], false)]), ["b"]);
    }

    #[test]
    fn without_any_table_no_subnet_is_public() {
        assert!(public(&[]).is_empty());
    }
}
