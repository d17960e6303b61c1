//! The table: one case an annotation, with what AWS shows while it stands there, and after it was taken out.

use serde_json::{Value, json};

use super::resources::Resources;
use crate::manifest::Manifest;

/// A Service with one annotation that is taken out again.
pub(crate) struct Case {
    /// Name of the Service.
    pub(crate) service: String,
    /// The annotation, without prefix, with its suffix.
    pub(crate) key: &'static str,
    /// Its value.
    pub(crate) value: String,
    /// Annotations that stay.
    pub(crate) beside: Vec<(String, String)>,
    /// Is it served by an application load balancer?
    pub(crate) application: bool,
    /// `spec.ports`.
    pub(crate) ports: Value,
    /// Other Services that it needs.
    pub(crate) companions: Vec<Manifest>,
    /// JSON pointers into the picture of the Service, and what is there with the annotation.
    pub(crate) with: Vec<(&'static str, Value)>,
    /// And without it.
    pub(crate) without: Vec<(&'static str, Value)>,
}

/// Keys without a case here.
pub(crate) const UNSEEN: &[(&str, &str)] = &[
    ("aws-load-balancer-type", "changes nothing in AWS"),
    ("aws-load-balancer-nlb-target-type", "has one value"),
    ("aws-load-balancer-enable-tcp-udp-listener", "has one value"),
    (
        "aws-load-balancer-multi-cluster-target-group",
        "has a test of its own, with a second cluster's target",
    ),
];

/// What all cases begin with.
fn case(key: &'static str, value: impl Into<String>) -> Case {
    Case {
        service: format!(
            "c-{}",
            key.trim_start_matches("aws-load-balancer-")
                .to_lowercase()
                .replace('.', "-")
        ),
        key,
        value: value.into(),
        beside: Vec::new(),
        application: false,
        ports: ports(&[80]),
        companions: Vec::new(),
        with: Vec::new(),
        without: Vec::new(),
    }
}

fn ports(numbers: &[u16]) -> Value {
    let name = |number: &u16| match number {
        443 => "https".to_owned(),
        number => format!("tcp-{number}"),
    };
    let port = |number| json!({ "name": name(number), "port": number, "protocol": "TCP" });
    numbers.iter().map(port).collect()
}

/// Anything but this.
fn not(value: impl Into<Value>) -> Value {
    json!({ "not": value.into() })
}

impl Case {
    fn beside(mut self, key: &str, value: impl Into<String>) -> Self {
        self.beside.push((format!("aws-load-balancer-{key}"), value.into()));
        self
    }

    fn ports(mut self, numbers: &[u16]) -> Self {
        self.ports = ports(numbers);
        self
    }

    fn application(mut self) -> Self {
        self.application = true;
        self
    }

    /// What is at a pointer with the annotation, and without it.
    fn sees(mut self, pointer: &'static str, with: impl Into<Value>, without: impl Into<Value>) -> Self {
        self.with.push((pointer, with.into()));
        self.without.push((pointer, without.into()));
        self
    }

    /// A change of the annotation is a change of the load balancer: in the end there is one.
    fn replaces(self) -> Self {
        self.sees("/loadBalancers", 1, 1)
    }
}

/// All cases.
pub(crate) fn all(resources: &Resources) -> Vec<Case> {
    [
        addresses(resources),
        groups(resources),
        tls(resources),
        attributes(),
        health(),
        rest(resources),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn addresses(r: &Resources) -> Vec<Case> {
    let none = json!([null, null, null]);
    let two: Vec<&str> = r.subnets.iter().take(2).map(String::as_str).collect();
    let unique = r.group.trim_start_matches("sg-");
    let name: String = format!("keys-{unique}").chars().take(32).collect();
    vec![
        case("aws-load-balancer-name", &name)
            .sees("/loadBalancer/LoadBalancerName", name.as_str(), not(name.as_str()))
            .replaces(),
        case("aws-load-balancer-scheme", "internet-facing")
            .sees("/loadBalancer/Scheme", "internet-facing", "internal")
            .replaces(),
        case("aws-load-balancer-internal", "false")
            .sees("/loadBalancer/Scheme", "internet-facing", "internal")
            .replaces(),
        case("aws-load-balancer-ip-address-type", "dualstack").sees("/loadBalancer/IpAddressType", "dualstack", "ipv4"),
        case("aws-load-balancer-subnets", two.join(",")).sees("/loadBalancer/Subnets", json!(two), json!(r.subnets)),
        case("aws-load-balancer-eip-allocations", r.allocations.join(","))
            .beside("scheme", "internet-facing")
            .sees("/loadBalancer/AllocationId", json!(r.allocations), none)
            .replaces(),
        // AWS cannot take them away from a load balancer, nor does it matter to anybody that they stay.
        case("aws-load-balancer-private-ipv4-addresses", r.private.join(",")).sees(
            "/loadBalancer/PrivateIPv4Address",
            json!(r.private),
            json!(r.private),
        ),
        case("aws-load-balancer-ipv6-addresses", r.ipv6.join(","))
            .beside("ip-address-type", "dualstack")
            .sees("/loadBalancer/IPv6Address", json!(r.ipv6), json!(r.ipv6)),
        case("aws-load-balancer-enable-prefix-for-ipv6-source-nat", "on")
            .beside("ip-address-type", "dualstack")
            .sees("/loadBalancer/EnablePrefixForIpv6SourceNat", "on", "off"),
        case("aws-load-balancer-source-nat-ipv6-prefixes", r.prefixes.join(","))
            .beside("ip-address-type", "dualstack")
            .beside("enable-prefix-for-ipv6-source-nat", "on")
            .sees("/loadBalancer/SourceNatPrefixes", json!(r.prefixes), json!(r.prefixes)),
    ]
}

fn groups(r: &Resources) -> Vec<Case> {
    let everybody = "tcp 80-80 from 0.0.0.0/0";
    let listed = format!("tcp 80-80 from {}", r.prefix_list);
    vec![
        case("aws-load-balancer-security-groups", &r.group)
            .sees("/loadBalancer/SecurityGroups", json!([r.group]), not(json!([r.group])))
            .sees("/frontend", Value::Null, json!([everybody])),
        case("aws-load-balancer-manage-backend-security-group-rules", "true")
            .beside("security-groups", &r.group)
            .sees("/loadBalancer/SecurityGroups/1", not(Value::Null), Value::Null),
        case("aws-load-balancer-disable-nlb-sg", "true")
            .sees("/loadBalancer/SecurityGroups/0", Value::Null, not(Value::Null))
            .sees("/frontend", Value::Null, json!([everybody]))
            .replaces(),
        case("aws-load-balancer-inbound-sg-rules-on-private-link-traffic", "off").sees(
            "/loadBalancer/EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
            "off",
            "on",
        ),
        case("load-balancer-source-ranges", "203.0.113.0/24").sees(
            "/frontend",
            json!(["tcp 80-80 from 203.0.113.0/24"]),
            json!([everybody]),
        ),
        case("aws-load-balancer-security-group-prefix-lists", &r.prefix_list).sees(
            "/frontend",
            json!([listed]),
            json!([everybody]),
        ),
        case("aws-load-balancer-enable-icmp-for-path-mtu-discovery", "on").sees(
            "/frontend",
            json!(["icmp 3-4 from 0.0.0.0/0", everybody]),
            json!([everybody]),
        ),
    ]
}

fn tls(r: &Resources) -> Vec<Case> {
    let [first, second] = &r.certificates;
    let mut served = r.certificates.clone();
    served.sort();
    let policy = "ELBSecurityPolicy-TLS13-1-2-2021-06";
    vec![
        case("aws-load-balancer-ssl-cert", format!("{first},{second}"))
            .ports(&[443])
            .sees("/listeners/443/Protocol", "TLS", "TCP")
            .sees(
                "/listeners/443/Certificates/0/CertificateArn",
                first.as_str(),
                Value::Null,
            )
            .sees("/listeners/443/Served", json!(served), Value::Null),
        case("aws-load-balancer-ssl-ports", "https")
            .beside("ssl-cert", first)
            .ports(&[80, 443])
            .sees("/listeners/80/Protocol", "TCP", "TLS")
            .sees("/listeners/443/Protocol", "TLS", "TLS"),
        case("aws-load-balancer-ssl-negotiation-policy", policy)
            .beside("ssl-cert", first)
            .ports(&[443])
            .sees("/listeners/443/SslPolicy", policy, "ELBSecurityPolicy-2016-08"),
        case("aws-load-balancer-ssl-redirect", "443")
            .application()
            .beside("ssl-cert", first)
            .ports(&[80, 443])
            .sees("/listeners/80/Protocol", "HTTP", "HTTPS")
            .sees("/listeners/80/DefaultActions/0/Type", "redirect", "forward")
            .sees("/listeners/80/DefaultActions/0/RedirectConfig/Port", "443", Value::Null)
            .sees("/targetGroupCount", 1, 2),
        case("aws-load-balancer-backend-protocol", "ssl")
            .beside("ssl-cert", first)
            .ports(&[443])
            .sees("/targetGroups/target-group-443/Protocol", "TLS", "TCP")
            .sees("/targetGroupCount", 1, 1),
        case("aws-load-balancer-alpn-policy", "HTTP2Preferred")
            .beside("ssl-cert", first)
            .ports(&[443])
            .sees(
                "/listeners/443/AlpnPolicy",
                json!(["HTTP2Preferred"]),
                not(json!(["HTTP2Preferred"])),
            ),
    ]
}

fn attributes() -> Vec<Case> {
    let logs = "access_logs.s3.enabled=true,access_logs.s3.bucket=other,access_logs.s3.prefix=old";
    let idle = "/listeners/80/Attributes/tcp.idle_timeout.seconds";
    vec![
        case(
            "aws-load-balancer-attributes",
            "dns_record.client_routing_policy=availability_zone_affinity",
        )
        .sees(
            "/loadBalancer/Attributes/dns_record.client_routing_policy",
            "availability_zone_affinity",
            "any_availability_zone",
        ),
        case(
            "aws-load-balancer-target-group-attributes",
            "deregistration_delay.timeout_seconds=60",
        )
        .sees(
            "/targetGroups/target-group-80/Attributes/deregistration_delay.timeout_seconds",
            "60",
            "300",
        ),
        case(
            "aws-load-balancer-target-group-attributes.81",
            "deregistration_delay.timeout_seconds=60",
        )
        .ports(&[80, 81])
        .sees(
            "/targetGroups/target-group-80/Attributes/deregistration_delay.timeout_seconds",
            "300",
            "300",
        )
        .sees(
            "/targetGroups/target-group-81/Attributes/deregistration_delay.timeout_seconds",
            "60",
            "300",
        ),
        case(
            "aws-load-balancer-listener-attributes.TCP-80",
            "tcp.idle_timeout.seconds=400",
        )
        .sees(idle, "400", "350"),
        case("aws-load-balancer-access-log-enabled", "false")
            .beside("attributes", logs)
            .sees("/loadBalancer/Attributes/access_logs.s3.enabled", "false", "true"),
        case("aws-load-balancer-access-log-s3-bucket-name", "shop")
            .beside("attributes", logs)
            .sees("/loadBalancer/Attributes/access_logs.s3.bucket", "shop", "other"),
        case("aws-load-balancer-access-log-s3-bucket-prefix", "new")
            .beside("attributes", logs)
            .sees("/loadBalancer/Attributes/access_logs.s3.prefix", "new", "old"),
        case("aws-load-balancer-cross-zone-load-balancing-enabled", "true").sees(
            "/loadBalancer/Attributes/load_balancing.cross_zone.enabled",
            "true",
            "false",
        ),
        case("aws-load-balancer-proxy-protocol", "*").sees(
            "/targetGroups/target-group-80/Attributes/proxy_protocol_v2.enabled",
            "true",
            "false",
        ),
        case("aws-load-balancer-proxy-protocol-per-target-group", "81")
            .ports(&[80, 81])
            .sees(
                "/targetGroups/target-group-80/Attributes/proxy_protocol_v2.enabled",
                "false",
                "false",
            )
            .sees(
                "/targetGroups/target-group-81/Attributes/proxy_protocol_v2.enabled",
                "true",
                "false",
            ),
    ]
}

fn health() -> Vec<Case> {
    let probe = |key, value: &str| case(key, value);
    let http = |key, value: &str| case(key, value).beside("healthcheck-protocol", "http");
    vec![
        probe("aws-load-balancer-healthcheck-protocol", "https").sees(
            "/targetGroups/target-group-80/HealthCheckProtocol",
            "HTTPS",
            "TCP",
        ),
        probe("aws-load-balancer-healthcheck-port", "30999").sees(
            "/targetGroups/target-group-80/HealthCheckPort",
            "30999",
            "traffic-port",
        ),
        http("aws-load-balancer-healthcheck-path", "/ready").sees(
            "/targetGroups/target-group-80/HealthCheckPath",
            "/ready",
            "/",
        ),
        http("aws-load-balancer-healthcheck-success-codes", "200-204").sees(
            "/targetGroups/target-group-80/Matcher/HttpCode",
            "200-204",
            "200-399",
        ),
        probe("aws-load-balancer-healthcheck-interval", "30").sees(
            "/targetGroups/target-group-80/HealthCheckIntervalSeconds",
            30,
            10,
        ),
        probe("aws-load-balancer-healthcheck-timeout", "4").sees(
            "/targetGroups/target-group-80/HealthCheckTimeoutSeconds",
            4,
            10,
        ),
        probe("aws-load-balancer-healthcheck-healthy-threshold", "5").sees(
            "/targetGroups/target-group-80/HealthyThresholdCount",
            5,
            3,
        ),
        probe("aws-load-balancer-healthcheck-unhealthy-threshold", "5").sees(
            "/targetGroups/target-group-80/UnhealthyThresholdCount",
            5,
            3,
        ),
    ]
}

fn rest(r: &Resources) -> Vec<Case> {
    let canary = Manifest::new("canary")
        .spec("type", json!("NodePort"))
        .spec("loadBalancerClass", Value::Null);
    let action = json!({
        "type": "forward",
        "forwardConfig": {
            "baseServiceWeight": 90,
            "targetGroups": [{ "serviceName": "canary", "servicePort": 80, "weight": 10 }],
        },
    });
    let mut weighted = case("actions.TCP-80", action.to_string())
        .sees("/targetGroupCount", 2, 1)
        .sees(
            "/listeners/80/DefaultActions/0/ForwardConfig/TargetGroups/1/Weight",
            not(Value::Null),
            Value::Null,
        );
    weighted.companions.push(canary);
    vec![
        case("aws-load-balancer-additional-resource-tags", "team=blue")
            .sees("/loadBalancer/Tags/team", "blue", Value::Null)
            .sees("/listeners/80/Tags/team", "blue", Value::Null)
            .sees("/targetGroups/target-group-80/Tags/team", "blue", Value::Null),
        case(
            "aws-load-balancer-target-node-labels",
            "topology.kubernetes.io/zone=us-east-1a",
        )
        .sees("/targetGroups/target-group-80/Targets/1", Value::Null, not(Value::Null)),
        case("aws-load-balancer-minimum-load-balancer-capacity", "CapacityUnits=3000").sees(
            "/loadBalancer/Capacity",
            3000,
            0,
        ),
        case("aws-load-balancer-wafv2-acl-arn", &r.web_acl).application().sees(
            "/loadBalancer/WebAcl",
            r.web_acl.as_str(),
            Value::Null,
        ),
        weighted,
    ]
}
