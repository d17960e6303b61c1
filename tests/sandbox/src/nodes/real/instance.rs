//! EC2 instances for nodes beside those that Terraform made.

use crate::aws::{Aws, EC2, Item};
use crate::error::{Error, Result};
use crate::terraform::infrastructure::{Infrastructure, Instance};

/// LocalStack starts no machine, so any image will do.
const IMAGE: &str = "ami-00000000000000000";

/// Starts `count` instances in a subnet, with the group and the tags of the cluster's nodes.
///
/// # Errors
/// When AWS refuses.
pub async fn launch(aws: &Aws, infrastructure: &Infrastructure, subnet: &str, count: usize) -> Result<Vec<Instance>> {
    let (count, cluster) = (count.to_string(), &infrastructure.cluster_name);
    let cluster_tag = format!("kubernetes.io/cluster/{cluster}");
    let name = format!("{cluster}-node");
    let parameters = [
        ("ImageId", IMAGE),
        ("InstanceType", "m7i.large"),
        ("MinCount", &count),
        ("MaxCount", &count),
        ("SubnetId", subnet),
        ("SecurityGroupId.1", &infrastructure.node_security_group_id),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", &name),
        ("TagSpecification.1.Tag.2.Key", &cluster_tag),
        ("TagSpecification.1.Tag.2.Value", "owned"),
    ];
    let started = aws.list(EC2, "RunInstances", &parameters, "instancesSet").await?;
    Ok(started.iter().map(|started| instance(started, "")).collect())
}

/// The instances of a cluster's nodes that there are by now.
///
/// # Errors
/// When AWS refuses.
pub async fn of_cluster(aws: &Aws, cluster: &str) -> Result<Vec<Instance>> {
    let cluster_tag = format!("kubernetes.io/cluster/{cluster}");
    let wanted = [("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", &cluster_tag)];
    let found = aws.list(EC2, "DescribeInstances", &wanted, "reservationSet").await?;
    Ok(found
        .iter()
        .map(|reservation| instance(reservation, "instancesSet/"))
        .collect())
}

/// Starts one instance in a zone's private subnet.
pub(super) async fn launch_in(aws: &Aws, infrastructure: &Infrastructure, zone: &str) -> Result<Instance> {
    let mut parameters = vec![("Filter.1.Name", "availability-zone"), ("Filter.1.Value.1", zone)];
    parameters.extend([
        ("Filter.2.Name", "vpc-id"),
        ("Filter.2.Value.1", infrastructure.vpc_id.as_str()),
    ]);
    let subnets = aws.list(EC2, "DescribeSubnets", &parameters, "subnetSet").await?;
    let is_private = |id: &&str| infrastructure.private_subnet_ids.iter().any(|private| private == id);
    let subnet = subnets.iter().map(|subnet| subnet.get("subnetId")).find(is_private);
    let none = || {
        Error::Node(format!(
            "no private subnet in {zone}: name a zone of the cluster's nodes"
        ))
    };
    let started = launch(aws, infrastructure, subnet.ok_or_else(none)?, 1).await?;
    let nothing = || Error::Node(format!("AWS started no instance in {zone}: see the log of LocalStack"));
    started.into_iter().next().ok_or_else(nothing)
}

/// Terminates an instance.
pub(super) async fn terminate(aws: &Aws, id: &str) -> Result<()> {
    aws.answer(EC2, "TerminateInstances", &[("InstanceId.1", id)]).await?;
    Ok(())
}

/// An instance, whose fields have paths that begin so.
fn instance(item: &Item, path: &str) -> Instance {
    let field = |name: &str| item.get(&format!("{path}{name}")).to_owned();
    Instance {
        id: field("instanceId"),
        private_ip: field("privateIpAddress"),
        private_dns: field("privateDnsName"),
        zone: field("placement/availabilityZone"),
    }
}
