//! What Terraform made, as the outputs of `terraform/examples/localstack` say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};

/// The outputs of the example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Infrastructure {
    /// The AWS region, such as `us-east-1`.
    pub region: String,
    /// The name of the EKS cluster, which elbow tags its resources with.
    pub cluster_name: String,
    /// The VPC of the cluster.
    pub vpc_id: String,
    /// The security group of the nodes.
    pub node_security_group_id: String,
    /// Subnets with a route to an internet gateway, one a zone.
    pub public_subnet_ids: Vec<String>,
    /// Subnets without one, one a zone.
    pub private_subnet_ids: Vec<String>,
    /// The IAM role with the permissions of elbow.
    pub controller_role_arn: String,
    /// The EC2 instances, one a node.
    pub instances: Vec<Instance>,
}

/// An EC2 instance that stands for a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The instance id, `i-...`.
    pub id: String,
    /// Its address in the VPC.
    pub private_ip: String,
    /// Its name by the VPC's DNS, which EKS uses as the node's name.
    pub private_dns: String,
    /// The availability zone, such as `us-east-1a`.
    pub zone: String,
}

#[derive(Deserialize)]
struct Output {
    value: Value,
}

impl Infrastructure {
    /// Reads the answer of `terraform output -json`.
    pub fn from_outputs(json: &str) -> Result<Self> {
        let malformed = || Error::malformed("the outputs of terraform/examples/localstack");
        let outputs: BTreeMap<String, Output> = serde_json::from_str(json).map_err(malformed())?;
        let values = outputs.into_iter().map(|(name, output)| (name, output.value)).collect();
        serde_json::from_value(Value::Object(values)).map_err(malformed())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_outputs_are_read() {
        let outputs = json!({
            "region": {"sensitive": false, "type": "string", "value": "us-east-1"},
            "cluster_name": {"value": "elbow-sandbox"},
            "vpc_id": {"value": "vpc-1"},
            "node_security_group_id": {"value": "sg-1"},
            "public_subnet_ids": {"value": ["subnet-1"]},
            "private_subnet_ids": {"value": []},
            "controller_role_arn": {"value": "arn:aws:iam::000000000000:role/elbow"},
            "instances": {"value": [{"id": "i-1", "private_ip": "10.0.0.4", "private_dns": "ip-10-0-0-4.ec2.internal", "zone": "us-east-1a"}]},
            "of_a_later_version": {"value": 1},
        });
        let infrastructure = Infrastructure::from_outputs(&outputs.to_string()).unwrap();
        assert_eq!(infrastructure.vpc_id, "vpc-1");
        assert_eq!(infrastructure.instances[0].zone, "us-east-1a");
    }

    #[test]
    fn a_missing_output_is_named() {
        let error = Infrastructure::from_outputs("{}").unwrap_err().to_string();
        assert!(error.contains("region"), "{error}");
    }
}
