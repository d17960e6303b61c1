//! The table of annotations: each key once, with all that parser, messages and documentation say about it.
//!
//! Names, meaning and defaults are those of the AWS Load Balancer Controller, so that its users can move over.

use std::fmt;

/// Prefix of every key.
pub const PREFIX: &str = "service.beta.kubernetes.io/";

/// Keys under [`PREFIX`] that begin so belong to load balancers of AWS: one that the table does not hold is refused.
pub const FAMILY: &str = "aws-load-balancer-";

/// A supported annotation.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// What follows [`PREFIX`].
    pub name: &'static str,
    /// How its value is written.
    pub form: Form,
    /// What holds where it is missing.
    pub default: &'static str,
    /// What it may hold.
    pub allowed: &'static str,
    /// A value that is allowed.
    pub example: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
}

/// How the value of an annotation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One word.
    Word,
    /// `true` or `false`.
    Boolean,
    /// A decimal number.
    Number,
    /// Words with commas between.
    List,
    /// `key=value` with commas between; `\,` stands for a comma that does not separate.
    Map,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.name)
    }
}

macro_rules! keys {
    ($($constant:ident $name:literal $form:ident, default $default:literal, allowed $allowed:literal,
        example $example:literal, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Key = Key {
                name: $name, form: Form::$form, default: $default, allowed: $allowed, example: $example, help: $help,
            };
        )*

        /// All keys.
        pub static KEYS: &[&Key] = &[$(&$constant),*];
    };
}

keys! {
    TYPE "aws-load-balancer-type" Word,
        default "external", allowed "external", example "external",
        "Taken for migration only; the Service's class decides who serves it.";
    TARGET_TYPE "aws-load-balancer-nlb-target-type" Word,
        default "instance", allowed "instance", example "instance",
        "What is registered as a target: the nodes, at the NodePort.";
    SCHEME "aws-load-balancer-scheme" Word,
        default "--default-load-balancer-scheme", allowed "internal, internet-facing", example "internet-facing",
        "Whether the load balancer has private or public addresses; a change makes a new load balancer first.";
    INTERNAL "aws-load-balancer-internal" Boolean,
        default "unset", allowed "true, false", example "true",
        "Older form of the scheme, which wins over it: true is internal, false is internet-facing.";
    NAME "aws-load-balancer-name" Word,
        default "k8s-NAMESPACE-NAME-HASH",
        allowed "1 to 32 letters, digits and inner hyphens, not beginning with internal-", example "shop-front",
        "Name of the load balancer; a change makes a new load balancer first.";
    SUBNETS "aws-load-balancer-subnets" List,
        default "found by role tag or route", allowed "subnet ids or values of their tag Name, one a zone",
        example "subnet-0a0a0a0a0a0a0a0a0",
        "Subnets from which the load balancer takes its addresses.";
    SECURITY_GROUPS "aws-load-balancer-security-groups" List,
        default "a frontend group of its own and the cluster's backend group",
        allowed "security group ids or values of their tag Name", example "sg-0f0f0f0f0f0f0f0f0",
        "Groups on the load balancer instead of elbow's own; rules of theirs and of the nodes are then yours.";
    SOURCE_RANGES "load-balancer-source-ranges" List,
        default "0.0.0.0/0", allowed "IPv4 networks such as 203.0.113.0/24", example "203.0.113.0/24,198.51.100.0/24",
        "Who may connect; spec.loadBalancerSourceRanges wins. Host bits are dropped: 10.0.0.5/8 means 10.0.0.0/8.";
    SSL_CERT "aws-load-balancer-ssl-cert" List,
        default "unset", allowed "ARNs of certificates in ACM or IAM",
        example "arn:aws:acm:us-east-1:123456789012:certificate/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a",
        "Makes listeners TLS; the first certificate is the default one, the others are chosen by server name.";
    SSL_PORTS "aws-load-balancer-ssl-ports" List,
        default "all TCP ports", allowed "names or numbers of TCP ports of the Service", example "https",
        "Ports whose listeners are TLS where a certificate is given.";
    RESOURCE_TAGS "aws-load-balancer-additional-resource-tags" Map,
        default "--default-tags", allowed "up to 45 key=value; keys up to 128 and values up to 256 letters, digits, spaces and + - = . _ : / @; none under aws:, elbow.dev/ or kubernetes.io/cluster/",
        example "team=shop,cost-center=42",
        "Tags on all resources of the Service, besides the operator's default tags, over which they win.";
    ATTRIBUTES "aws-load-balancer-attributes" Map,
        default "AWS' defaults", allowed "attributes of a Network Load Balancer",
        example "load_balancing.cross_zone.enabled=true",
        "Attributes of the load balancer; one that is taken out goes back to AWS' default.";
    TARGET_GROUP_ATTRIBUTES "aws-load-balancer-target-group-attributes" Map,
        default "AWS' defaults", allowed "attributes of a target group of a Network Load Balancer",
        example "deregistration_delay.timeout_seconds=60",
        "Attributes of all target groups; one that is taken out goes back to AWS' default.";
    HEALTH_PROTOCOL "aws-load-balancer-healthcheck-protocol" Word,
        default "tcp; http where externalTrafficPolicy is Local and for UDP ports", allowed "tcp, http, https",
        example "http",
        "How nodes are probed.";
    HEALTH_PORT "aws-load-balancer-healthcheck-port" Word,
        default "traffic-port; healthCheckNodePort where externalTrafficPolicy is Local; 10256 (kube-proxy) for UDP ports",
        allowed "traffic-port, a port number on the node, or the name of a TCP port of the Service", example "traffic-port",
        "Where nodes are probed.";
    HEALTH_PATH "aws-load-balancer-healthcheck-path" Word,
        default "/; /healthz where externalTrafficPolicy is Local and for UDP ports",
        allowed "a path from /, of up to 1024 printable ASCII characters", example "/healthz",
        "Path of HTTP and HTTPS probes.";
    HEALTH_INTERVAL "aws-load-balancer-healthcheck-interval" Number,
        default "10", allowed "5 to 300", example "30",
        "Seconds between two probes.";
    HEALTH_TIMEOUT "aws-load-balancer-healthcheck-timeout" Number,
        default "10; 6 where externalTrafficPolicy is Local; the interval if that is shorter",
        allowed "2 to 120, not above the interval", example "5",
        "Seconds after which a probe has failed.";
    HEALTHY_THRESHOLD "aws-load-balancer-healthcheck-healthy-threshold" Number,
        default "3; 2 where externalTrafficPolicy is Local", allowed "2 to 10", example "2",
        "Successful probes that make a node healthy.";
    UNHEALTHY_THRESHOLD "aws-load-balancer-healthcheck-unhealthy-threshold" Number,
        default "3; 2 where externalTrafficPolicy is Local", allowed "2 to 10", example "2",
        "Failed probes that make a node unhealthy.";
    SUCCESS_CODES "aws-load-balancer-healthcheck-success-codes" List,
        default "200-399", allowed "HTTP codes from 200 to 599 and ranges of them", example "200,202-299",
        "HTTP codes that count as success of HTTP and HTTPS probes.";
    NODE_LABELS "aws-load-balancer-target-node-labels" Map,
        default "all nodes that may be targets", allowed "labels as key=value", example "pool=ingress",
        "Only nodes that carry all of these labels are targets.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_readme_has_a_row_for_each_key_that_says_what_the_table_says() {
        let readme = include_str!("../../../../README.md");
        for key in KEYS {
            let row = format!("| `{}` | {} | {} | {} |", key.name, key.help, key.allowed, key.default);
            assert!(readme.contains(&row), "README.md lacks\n{row}");
        }
        assert_eq!(readme.matches("\n| `aws-load-balancer-").count() + 1, KEYS.len());
    }

    #[test]
    fn no_key_stands_twice() {
        let names: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), KEYS.len());
    }
}
