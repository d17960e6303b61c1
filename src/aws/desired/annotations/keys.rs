//! The table of annotations: each key once, with all that parser, messages and documentation say about it.
//!
//! Names, meaning and defaults are those of the AWS Load Balancer Controller, so that its users can move over.

use std::fmt;

use crate::aws::stack::LoadBalancerKind;

/// Prefix of every key.
pub const PREFIX: &str = "service.beta.kubernetes.io/";

/// Keys under [`PREFIX`] that begin so belong to load balancers of AWS: one that the table does not hold is refused.
pub const FAMILY: &str = "aws-load-balancer-";

/// A supported annotation.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// What follows [`PREFIX`], without the suffix if it has one.
    pub name: &'static str,
    /// What is written behind the name.
    pub suffix: Suffix,
    /// How its value is written.
    pub form: Form,
    /// For which load balancers it is.
    pub kinds: Kinds,
    /// What holds where it is missing.
    pub default: &'static str,
    /// What it may hold.
    pub allowed: &'static str,
    /// A value that is allowed.
    pub example: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
}

/// What follows the name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Nothing.
    None,
    /// A dot and a port of the Service by number, such as `.443`.
    Port,
    /// A dot, a listener's protocol as AWS writes it, a hyphen and its port, such as `.TCP-80` or `.HTTPS-443`.
    Listener,
}

/// For which kinds of load balancer a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Network load balancers only.
    Network,
    /// Application load balancers only.
    Application,
    /// Both.
    Both,
}

impl Kinds {
    /// Is a key of these kinds for this one?
    #[must_use]
    pub fn include(self, kind: LoadBalancerKind) -> bool {
        match self {
            Self::Network => kind == LoadBalancerKind::Network,
            Self::Application => kind == LoadBalancerKind::Application,
            Self::Both => true,
        }
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network load balancers",
            Self::Application => "application load balancers",
            Self::Both => "network and application load balancers",
        })
    }
}

impl fmt::Display for Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "its name",
            Self::Port => "a port number, such as `.443`",
            Self::Listener => "a listener's protocol and port, such as `.TCP-80` or `.HTTPS-443`",
        })
    }
}

/// How the value of an annotation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One word.
    Word,
    /// `on` or `off`.
    Switch,
    /// A JSON object.
    Json,
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
    ($($constant:ident $name:literal $(.$suffix:ident)? $form:ident for $kinds:ident,
        default $default:literal, allowed $allowed:literal, example $example:literal, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Key = Key {
                name: $name, suffix: keys!(@suffix $($suffix)?), form: Form::$form, kinds: Kinds::$kinds,
                default: $default, allowed: $allowed, example: $example, help: $help,
            };
        )*

        /// All keys.
        pub static KEYS: &[&Key] = &[$(&$constant),*];
    };
    (@suffix) => { Suffix::None };
    (@suffix $suffix:ident) => { Suffix::$suffix };
}

keys! {
    TYPE "aws-load-balancer-type" Word for Both,
        default "external", allowed "external", example "external",
        "Taken for migration only; the Service's class decides who serves it.";
    TARGET_TYPE "aws-load-balancer-nlb-target-type" Word for Both,
        default "instance", allowed "instance", example "instance",
        "What is registered as a target: the nodes, at the NodePort. Pods as targets (ip) are not supported.";
    NAME "aws-load-balancer-name" Word for Both,
        default "k8s-NAMESPACE-NAME-HASH",
        allowed "1 to 32 letters, digits and inner hyphens, not beginning with internal-", example "shop-front",
        "Name of the load balancer; a change makes a new load balancer first. Under a name of yours, what AWS cannot change in place is refused.";
    SCHEME "aws-load-balancer-scheme" Word for Both,
        default "--default-load-balancer-scheme", allowed "internal, internet-facing", example "internet-facing",
        "Whether the load balancer has private or public addresses; a change makes a new load balancer first.";
    INTERNAL "aws-load-balancer-internal" Boolean for Both,
        default "unset", allowed "true, false", example "true",
        "Older form of the scheme annotation, which wins where both are given: true is internal, false is internet-facing.";
    ADDRESS_TYPE "aws-load-balancer-ip-address-type" Word for Both,
        default "ipv4", allowed "ipv4, dualstack; of an application load balancer also dualstack-without-public-ipv4",
        example "dualstack",
        "Which families of addresses clients can use; subnets need IPv6 networks for dualstack.";
    SUBNETS "aws-load-balancer-subnets" List for Both,
        default "found by role tag or route", allowed "subnet ids or values of their tag Name, one a zone; of an application load balancer in two zones at least",
        example "subnet-0a0a0a0a0a0a0a0a0",
        "Subnets from which the load balancer takes its addresses; of a network load balancer another one in a zone makes a new load balancer first.";
    EIP_ALLOCATIONS "aws-load-balancer-eip-allocations" List for Network,
        default "addresses of AWS", allowed "allocation ids (eipalloc-...), one for each subnet, in the order of the subnets annotation or else of the zones",
        example "eipalloc-0a0a0a0a0a0a0a0a0,eipalloc-0b0b0b0b0b0b0b0b0,eipalloc-0c0c0c0c0c0c0c0c0",
        "Static public addresses of an internet-facing load balancer; other ones, or none, in a zone make a new load balancer first.";
    PRIVATE_IPV4 "aws-load-balancer-private-ipv4-addresses" List for Network,
        default "addresses of AWS", allowed "IPv4 addresses, one in each subnet", example "10.0.0.10,10.0.1.10,10.0.2.10",
        "Static addresses of an internal load balancer; others in a zone make a new load balancer first; taken out, they stay.";
    IPV6_ADDRESSES "aws-load-balancer-ipv6-addresses" List for Network,
        default "addresses of AWS", allowed "IPv6 addresses, one in each subnet; only with ip-address-type dualstack",
        example "2001:db8:0:1::10,2001:db8:0:2::10,2001:db8:0:3::10",
        "Static IPv6 addresses; others in a zone make a new load balancer first; taken out, they stay.";
    IPV6_SOURCE_NAT "aws-load-balancer-enable-prefix-for-ipv6-source-nat" Switch for Network,
        default "off", allowed "on, off; on only with ip-address-type dualstack", example "on",
        "Source NAT with IPv6 prefixes, without which a dual-stack load balancer cannot serve UDP.";
    SOURCE_NAT_PREFIXES "aws-load-balancer-source-nat-ipv6-prefixes" List for Network,
        default "auto_assigned", allowed "auto_assigned or IPv6 prefixes of 80 bits, one for each subnet, in the order of eip-allocations",
        example "auto_assigned,auto_assigned,2001:db8:0:3:1::/80",
        "Prefixes for source NAT of IPv6; needs enable-prefix-for-ipv6-source-nat.";
    SECURITY_GROUPS "aws-load-balancer-security-groups" List for Both,
        default "a frontend group of its own and the cluster's backend group",
        allowed "security group ids or values of their tag Name", example "sg-0f0f0f0f0f0f0f0f0",
        "Groups on the load balancer instead of elbow's own; rules of theirs are then yours.";
    MANAGE_BACKEND_RULES "aws-load-balancer-manage-backend-security-group-rules" Boolean for Both,
        default "--enable-manage-backend-security-group-rules", allowed "true, false", example "true",
        "With groups of your own: add the cluster's backend group to them, which the nodes admit. Without, it is always there.";
    DISABLE_SECURITY_GROUPS "aws-load-balancer-disable-nlb-sg" Boolean for Network,
        default "false", allowed "true, false", example "true",
        "A load balancer without any security group; the nodes' groups admit clients by their networks. A change makes a new load balancer first.";
    PRIVATE_LINK_RULES "aws-load-balancer-inbound-sg-rules-on-private-link-traffic" Switch for Network,
        default "on", allowed "on, off", example "off",
        "Whether rules of security groups hold for clients that come by PrivateLink too.";
    SOURCE_RANGES "load-balancer-source-ranges" List for Both,
        default "0.0.0.0/0, and ::/0 where the load balancer has IPv6", allowed "networks such as 203.0.113.0/24; IPv6 ones only where the load balancer has IPv6",
        example "203.0.113.0/24,198.51.100.0/24",
        "Who may connect; spec.loadBalancerSourceRanges wins. Host bits are dropped: 10.0.0.5/8 means 10.0.0.0/8.";
    PREFIX_LISTS "aws-load-balancer-security-group-prefix-lists" List for Both,
        default "unset", allowed "ids of managed prefix lists (pl-...); not with disable-nlb-sg", example "pl-0a0a0a0a0a0a0a0a0",
        "Who may connect besides the source ranges; where no source range is given, nobody else may.";
    PATH_MTU "aws-load-balancer-enable-icmp-for-path-mtu-discovery" Switch for Network,
        default "off", allowed "on, off", example "on",
        "Admits the ICMP messages that path MTU discovery needs, from everybody who may connect.";
    SSL_CERT "aws-load-balancer-ssl-cert" List for Both,
        default "unset", allowed "ARNs of certificates in ACM or IAM",
        example "arn:aws:acm:us-east-1:123456789012:certificate/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a",
        "Makes listeners TLS or HTTPS; the first certificate is the default one, the others are chosen by server name.";
    SSL_PORTS "aws-load-balancer-ssl-ports" List for Both,
        default "all TCP ports; the port of ssl-redirect alone where that is given", allowed "names or numbers of TCP ports of the Service, or * for all", example "https",
        "Ports whose listeners are TLS or HTTPS where a certificate is given.";
    SSL_POLICY "aws-load-balancer-ssl-negotiation-policy" Word for Both,
        default "--default-ssl-policy", allowed "name of a security policy of Elastic Load Balancing",
        example "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "Protocols and ciphers of TLS and HTTPS listeners.";
    SSL_REDIRECT "aws-load-balancer-ssl-redirect" Word for Application,
        default "unset", allowed "name or number of an HTTPS port of the Service", example "443",
        "Every HTTP listener redirects to this port.";
    BACKEND_PROTOCOL "aws-load-balancer-backend-protocol" Word for Both,
        default "tcp; of an application load balancer what appProtocol says", allowed "tcp, ssl, http, https; http means tcp, and https means ssl, on a network load balancer", example "ssl",
        "What nodes are sent behind TLS and HTTPS listeners: ssl is TLS, whose certificate is not verified.";
    ALPN_POLICY "aws-load-balancer-alpn-policy" Word for Network,
        default "None", allowed "None, HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred", example "HTTP2Preferred",
        "Application protocols that TLS listeners offer.";
    PROXY_PROTOCOL "aws-load-balancer-proxy-protocol" Word for Network,
        default "unset", allowed "*", example "*",
        "Proxy protocol version 2 to the targets of all ports; wins over every other way to say it.";
    PROXY_PROTOCOL_PORTS "aws-load-balancer-proxy-protocol-per-target-group" List for Network,
        default "unset", allowed "names or numbers of ports of the Service", example "80,443",
        "Proxy protocol version 2 to the targets of these ports, and not to those of others.";
    ATTRIBUTES "aws-load-balancer-attributes" Map for Both,
        default "AWS' defaults", allowed "attributes of the kind of load balancer",
        example "load_balancing.cross_zone.enabled=true",
        "Attributes of the load balancer; one that is taken out goes back to AWS' default.";
    TARGET_GROUP_ATTRIBUTES "aws-load-balancer-target-group-attributes" Map for Both,
        default "AWS' defaults", allowed "attributes of a target group behind the kind of load balancer",
        example "deregistration_delay.timeout_seconds=60",
        "Attributes of all target groups; one that is taken out goes back to AWS' default.";
    PORT_TARGET_GROUP_ATTRIBUTES "aws-load-balancer-target-group-attributes" .Port Map for Both,
        default "unset", allowed "as for all ports; an empty value keeps what is said for all ports",
        example "deregistration_delay.timeout_seconds=60",
        "Attributes of one port's target group, over those for all ports.";
    LISTENER_ATTRIBUTES "aws-load-balancer-listener-attributes" .Listener Map for Both,
        default "AWS' defaults", allowed "attributes of a listener of this protocol; TLS, UDP and TCP_UDP listeners have none",
        example "tcp.idle_timeout.seconds=400",
        "Attributes of one listener; one that is taken out goes back to AWS' default.";
    ACCESS_LOG_ENABLED "aws-load-balancer-access-log-enabled" Boolean for Both,
        default "unset", allowed "true, false", example "true",
        "Older form of attribute access_logs.s3.enabled, over which it wins.";
    ACCESS_LOG_BUCKET "aws-load-balancer-access-log-s3-bucket-name" Word for Both,
        default "unset", allowed "name of an S3 bucket", example "shop-logs",
        "Older form of attribute access_logs.s3.bucket, over which it wins.";
    ACCESS_LOG_PREFIX "aws-load-balancer-access-log-s3-bucket-prefix" Word for Both,
        default "unset", allowed "prefix of objects in the bucket", example "edge",
        "Older form of attribute access_logs.s3.prefix, over which it wins.";
    CROSS_ZONE "aws-load-balancer-cross-zone-load-balancing-enabled" Boolean for Both,
        default "unset", allowed "true, false; of an application load balancer true", example "true",
        "Older form of attribute load_balancing.cross_zone.enabled, over which it wins.";
    HEALTH_PROTOCOL "aws-load-balancer-healthcheck-protocol" Word for Both,
        default "tcp; http where externalTrafficPolicy is Local and for UDP ports; of an application load balancer http, or https where nodes are sent that", allowed "tcp, http, https; of an application load balancer http, https",
        example "http",
        "How nodes are probed.";
    HEALTH_PORT "aws-load-balancer-healthcheck-port" Word for Both,
        default "traffic-port; healthCheckNodePort where externalTrafficPolicy is Local, but for HTTP/2, gRPC and other Services in actions; 10256 (kube-proxy) for UDP ports",
        allowed "traffic-port, a port number on the node, or the name of a TCP port of the Service", example "traffic-port",
        "Where nodes are probed.";
    HEALTH_PATH "aws-load-balancer-healthcheck-path" Word for Both,
        default "/; /healthz where externalTrafficPolicy is Local and for UDP ports; /AWS.ALB/healthcheck for gRPC",
        allowed "a path from /, of up to 1024 printable ASCII characters", example "/healthz",
        "Path of HTTP and HTTPS probes; for gRPC the method.";
    HEALTH_INTERVAL "aws-load-balancer-healthcheck-interval" Number for Both,
        default "10; 15 of an application load balancer", allowed "5 to 300", example "30",
        "Seconds between two probes.";
    HEALTH_TIMEOUT "aws-load-balancer-healthcheck-timeout" Number for Both,
        default "10; 6 where externalTrafficPolicy is Local; 5 of an application load balancer; less where the interval is shorter",
        allowed "2 to 120, not above the interval, and below it of an application load balancer", example "5",
        "Seconds after which a probe has failed.";
    HEALTHY_THRESHOLD "aws-load-balancer-healthcheck-healthy-threshold" Number for Both,
        default "3; 2 where externalTrafficPolicy is Local, and of an application load balancer", allowed "2 to 10", example "2",
        "Successful probes that make a node healthy.";
    UNHEALTHY_THRESHOLD "aws-load-balancer-healthcheck-unhealthy-threshold" Number for Both,
        default "3; 2 where externalTrafficPolicy is Local, and of an application load balancer", allowed "2 to 10", example "2",
        "Failed probes that make a node unhealthy.";
    SUCCESS_CODES "aws-load-balancer-healthcheck-success-codes" List for Both,
        default "200-399; 200 of an application load balancer; 12 for gRPC", allowed "HTTP codes from 200 to 599 (of an application load balancer 499) and ranges of them; for gRPC codes from 0 to 99", example "200,202-299",
        "Codes that count as success of HTTP and HTTPS probes.";
    RESOURCE_TAGS "aws-load-balancer-additional-resource-tags" Map for Both,
        default "--default-tags", allowed "up to 44 key=value; keys up to 128 and values up to 256 letters, digits, spaces and + - = . _ : / @; none under aws:, elbow.dev/ or kubernetes.io/cluster/",
        example "team=shop,cost-center=42",
        "Tags on all resources of the Service, besides the operator's default tags, over which they win.";
    NODE_LABELS "aws-load-balancer-target-node-labels" Map for Both,
        default "all nodes that may be targets", allowed "labels as key=value", example "pool=ingress",
        "Only nodes that carry all of these labels are targets.";
    MULTI_CLUSTER "aws-load-balancer-multi-cluster-target-group" Boolean for Both,
        default "false", allowed "true, false", example "true",
        "Other clusters register nodes of theirs in the same target groups: elbow takes away only its own cluster's.";
    CAPACITY "aws-load-balancer-minimum-load-balancer-capacity" Map for Both,
        default "none", allowed "CapacityUnits=N, 0 for none; not on a network load balancer with TLS listeners", example "CapacityUnits=3000",
        "Capacity that AWS keeps ready for the load balancer, and charges for.";
    TCP_UDP "aws-load-balancer-enable-tcp-udp-listener" Boolean for Network,
        default "true", allowed "true", example "true",
        "Taken for migration only: a TCP and a UDP port of one number always share one listener.";
    WEB_ACL "aws-load-balancer-wafv2-acl-arn" Word for Application,
        default "none", allowed "ARN of a regional web ACL of AWS WAF",
        example "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a",
        "Web ACL in front of the load balancer.";
    ACTIONS "actions" .Listener Json for Both,
        default "all to the Service itself", allowed "a forward action with baseServiceWeight, up to four targetGroups (serviceName and servicePort, or targetGroupARN; weight 0 to 999; decrypt: true behind TLS listeners where nodes are not to be sent TLS) and targetGroupStickinessConfig",
        example r#"{"type":"forward","forwardConfig":{"baseServiceWeight":90,"targetGroups":[{"serviceName":"canary","servicePort":"http","weight":10}]}}"#,
        "Shares a listener's traffic between the Service, other Services of its namespace, and target groups of others.";
}

/// An annotation of the AWS Load Balancer Controller that elbow refuses, because ignoring it would serve something else
/// than what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// What follows [`PREFIX`].
    pub name: &'static str,
    /// Why, and what to do.
    pub why: &'static str,
}

/// All that are refused.
pub static REFUSED: &[Refused] = &[Refused {
    name: "aws-load-balancer-quic-enabled-ports",
    why: "QUIC needs pods as targets, and elbow registers nodes; take the annotation out",
}];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_key_stands_twice() {
        let names: BTreeSet<_> = KEYS.iter().map(|key| (key.name, key.suffix != Suffix::None)).collect();
        assert_eq!(names.len(), KEYS.len());
    }
}
