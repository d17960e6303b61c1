//! What annotations name and only a person can make: certificates, addresses, groups, lists, a web ACL.

use std::net::{Ipv4Addr, Ipv6Addr};

use elbow::aws::api::AwsApi as _;
use elbow::aws::ids::VpcId;
use ipnet::{IpNet, Ipv6Net};

use crate::by_hand;
use crate::scenario::Scenario;

/// Which address of a subnet is taken: one that nothing else is likely to have.
const HOST: u8 = 77;

/// Ids and addresses, those of subnets in the order of their zones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    /// Two certificates.
    pub(crate) certificates: [String; 2],
    /// An Elastic IP address for each private subnet.
    pub(crate) allocations: Vec<String>,
    /// The private subnets.
    pub(crate) subnets: Vec<String>,
    /// A free IPv4 address in each of them.
    pub(crate) private: Vec<String>,
    /// A free IPv6 address in each of them.
    pub(crate) ipv6: Vec<String>,
    /// A prefix of 80 bits in each of them.
    pub(crate) prefixes: Vec<String>,
    /// A security group.
    pub(crate) group: String,
    /// A managed prefix list.
    pub(crate) prefix_list: String,
    /// A web ACL.
    pub(crate) web_acl: String,
}

impl Resources {
    pub(crate) async fn make(scenario: &Scenario) -> Self {
        let sandbox = &scenario.sandbox;
        let infrastructure = &sandbox.infrastructure;
        let new_group = format!(
            "print(ec2.create_security_group(GroupName='{}', Description='by hand', VpcId='{}')['GroupId'])",
            scenario.cluster_name, infrastructure.vpc_id
        );
        by_hand::ipv6_ranges(sandbox).await;
        let mut resources = Self {
            certificates: [by_hand::certificate(sandbox).await, by_hand::certificate(sandbox).await],
            allocations: by_hand::elastic_ips(sandbox, infrastructure.private_subnet_ids.len()).await,
            group: by_hand::ec2(sandbox, &new_group).await,
            prefix_list: by_hand::prefix_list(sandbox, &["198.51.100.0/24"]).await,
            web_acl: by_hand::web_acl(sandbox).await,
            ..Self::default()
        };
        resources.choose_addresses(scenario).await;
        resources
    }

    async fn choose_addresses(&mut self, scenario: &Scenario) {
        let infrastructure = &scenario.sandbox.infrastructure;
        let vpc = VpcId::new(&infrastructure.vpc_id);
        let mut subnets = scenario.cloud.api.describe_subnets(&vpc).await.unwrap();
        subnets.retain(|subnet| infrastructure.private_subnet_ids.contains(&subnet.id.to_string()));
        subnets.sort_by(|one, other| one.zone.cmp(&other.zone));
        for subnet in subnets {
            self.subnets.push(subnet.id.to_string());
            for network in &subnet.networks {
                match network {
                    IpNet::V4(network) => {
                        let host = u32::from(network.network()) + u32::from(HOST);
                        self.private.push(Ipv4Addr::from(host).to_string());
                    }
                    IpNet::V6(network) => {
                        let host = u128::from(network.network()) + u128::from(HOST);
                        self.ipv6.push(Ipv6Addr::from(host).to_string());
                        self.prefixes
                            .push(Ipv6Net::new(network.network(), 80).unwrap().to_string());
                    }
                }
            }
        }
    }

    /// Takes all of it away, once no load balancer uses it any more.
    pub(crate) async fn remove(&self, scenario: &Scenario) {
        let sandbox = &scenario.sandbox;
        by_hand::release(sandbox, &self.allocations).await;
        by_hand::delete_prefix_list(sandbox, &self.prefix_list).await;
        by_hand::delete_web_acl(sandbox, &self.web_acl).await;
        by_hand::ec2(sandbox, &format!("ec2.delete_security_group(GroupId='{}')", self.group)).await;
    }
}
