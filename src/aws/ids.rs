//! Identifiers that AWS gives to resources, each a type of its own so that none is taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Takes the identifier as AWS wrote it.
            #[must_use]
            pub fn new(id: impl Into<SmolStr>) -> Self {
                Self(id.into())
            }

            /// The identifier as AWS wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// ARN of a load balancer.
    LoadBalancerArn;
    /// ARN of a listener.
    ListenerArn;
    /// ARN of a target group.
    TargetGroupArn;
    /// ARN of a certificate in ACM or IAM.
    CertificateArn;
    /// ARN of a regional web ACL of AWS WAF.
    WebAclArn;
    /// An Elastic IP address, such as `eipalloc-0123456789abcdef0`.
    AllocationId;
    /// A managed prefix list, such as `pl-0123456789abcdef0`.
    PrefixListId;
    /// A VPC, such as `vpc-0123456789abcdef0`.
    VpcId;
    /// A subnet, such as `subnet-0123456789abcdef0`.
    SubnetId;
    /// A security group, such as `sg-0123456789abcdef0`.
    SecurityGroupId;
    /// An EC2 instance, such as `i-0123456789abcdef0`.
    InstanceId;
}
