//! What annotations name and only a person can make: certificates, addresses, groups, lists, a web ACL.

use serde::Deserialize;

use crate::by_hand;
use crate::scenario::Scenario;

/// Ids and addresses, those of subnets in the order of their zones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resources {
    /// Two certificates.
    pub(crate) certificates: [String; 2],
    /// Three Elastic IP addresses.
    pub(crate) allocations: [String; 3],
    /// The private subnets.
    pub(crate) subnets: [String; 3],
    /// A free IPv4 address in each of them.
    pub(crate) private: [String; 3],
    /// A free IPv6 address in each of them.
    pub(crate) ipv6: [String; 3],
    /// A prefix of 80 bits in each of them.
    pub(crate) prefixes: [String; 3],
    /// A security group.
    pub(crate) group: String,
    /// A managed prefix list.
    pub(crate) prefix_list: String,
    /// A web ACL.
    pub(crate) web_acl: String,
    /// What takes it away: its id and lock token.
    web_acl_id: String,
    lock_token: String,
}

impl Resources {
    pub(crate) async fn make(scenario: &Scenario) -> Self {
        let infrastructure = &scenario.sandbox.infrastructure;
        let code = format!(
            "VPC = '{}'\nSUBNETS = {:?}\nNAME = '{}'\n{}",
            infrastructure.vpc_id,
            infrastructure.private_subnet_ids,
            scenario.cluster_name,
            include_str!("resources.py"),
        );
        serde_json::from_str(&by_hand::python(&scenario.sandbox, &code).await).unwrap()
    }

    /// Takes all of it away, once no load balancer uses it any more.
    pub(crate) async fn remove(&self, scenario: &Scenario) {
        let allocations = &self.allocations;
        let certificates = &self.certificates;
        let code = format!(
            "for id in {allocations:?}:\n    client('ec2').release_address(AllocationId=id)\n\
             for arn in {certificates:?}:\n    client('acm').delete_certificate(CertificateArn=arn)\n\
             client('ec2').delete_security_group(GroupId='{}')\n\
             client('ec2').delete_managed_prefix_list(PrefixListId='{}')\n\
             client('wafv2').delete_web_acl(Name='{}', Scope='REGIONAL', Id='{}', LockToken='{}')",
            self.group, self.prefix_list, scenario.cluster_name, self.web_acl_id, self.lock_token,
        );
        by_hand::python(&scenario.sandbox, &code).await;
    }
}
