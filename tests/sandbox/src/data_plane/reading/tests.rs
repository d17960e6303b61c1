use std::collections::BTreeMap;

use super::*;
use crate::data_plane::model::{
    Action, Condition, Kind, ListenerProtocol, Peer, Permission, Probe, Query, Redirect, Scheme, Traffic, Version,
    Weighted,
};

/// A list as ELBv2 answers it.
fn elbv2(list: &str, members: &[&str]) -> Vec<String> {
    let members: String = members
        .iter()
        .map(|member| format!("<member>{member}</member>"))
        .collect();
    vec![format!(
        r#"<R xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Result><{list}>{members}</{list}></Result></R>"#
    )]
}

/// A list as EC2 answers it.
fn ec2(list: &str, items: &[&str]) -> Vec<String> {
    let items: String = items.iter().map(|item| format!("<item>{item}</item>")).collect();
    vec![format!(
        r#"<R xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><{list}>{items}</{list}></R>"#
    )]
}

fn about(arn: &str, pages: Vec<String>) -> BTreeMap<String, Vec<String>> {
    [(arn.to_owned(), pages)].into()
}

const BALANCER: &str = "<LoadBalancerArn>lb</LoadBalancerArn><DNSName>Web-1.elb.amazonaws.com</DNSName>
    <LoadBalancerName>web</LoadBalancerName><Scheme>internal</Scheme><Type>network</Type>
    <AvailabilityZones><member><ZoneName>us-east-1a</ZoneName><SubnetId>subnet-a</SubnetId>
    <LoadBalancerAddresses><member><PrivateIPv4Address>10.0.0.9</PrivateIPv4Address></member></LoadBalancerAddresses></member>
    </AvailabilityZones><SecurityGroups><member>sg-1</member></SecurityGroups>";

const LISTENER: &str = "<ListenerArn>listener</ListenerArn><Port>443</Port><Protocol>TLS</Protocol>
    <SslPolicy>policy</SslPolicy><AlpnPolicy><member>HTTP2Preferred</member></AlpnPolicy>
    <DefaultActions><member><Type>forward</Type><TargetGroupArn>tg</TargetGroupArn></member></DefaultActions>";

const GROUP: &str = "<TargetGroupArn>tg</TargetGroupArn><TargetGroupName>web-443</TargetGroupName><Protocol>TCP</Protocol>
    <HealthCheckProtocol>HTTP</HealthCheckProtocol><HealthCheckPort>10256</HealthCheckPort><HealthCheckPath>/healthz</HealthCheckPath>
    <HealthCheckIntervalSeconds>10</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>6</HealthCheckTimeoutSeconds>
    <HealthyThresholdCount>3</HealthyThresholdCount><UnhealthyThresholdCount>2</UnhealthyThresholdCount>
    <Matcher><HttpCode>200,300-399</HttpCode></Matcher>";

const INSTANCE: &str = "<instancesSet><item><instanceId>i-1</instanceId><privateIpAddress>10.0.16.4</privateIpAddress>
    <instanceState><name>running</name></instanceState><placement><availabilityZone>us-east-1a</availabilityZone></placement>
    <groupSet><item><groupId>sg-1</groupId></item></groupSet></item>
    <item><instanceId>i-2</instanceId><privateIpAddress>10.0.16.5</privateIpAddress>
    <instanceState><name>terminated</name></instanceState></item></instancesSet>";

fn target(id: &str, state: &str) -> String {
    format!("<Target><Id>{id}</Id><Port>30443</Port></Target><TargetHealth><State>{state}</State></TargetHealth>")
}

fn answers() -> Answers {
    let health = [
        target("i-1", "healthy"),
        target("i-2", "unused"),
        target("i-3", "draining"),
    ];
    let health: Vec<&str> = health.iter().map(String::as_str).collect();
    Answers {
        load_balancers: elbv2("LoadBalancers", &[BALANCER]),
        listeners: about("lb", elbv2("Listeners", &[LISTENER])),
        target_groups: elbv2("TargetGroups", &[GROUP]),
        health: about("tg", elbv2("TargetHealthDescriptions", &health)),
        group_attributes: about(
            "tg",
            elbv2("Attributes", &["<Key>stickiness.enabled</Key><Value>true</Value>"]),
        ),
        subnets: ec2(
            "subnetSet",
            &["<subnetId>subnet-a</subnetId><cidrBlock>10.0.0.0/24</cidrBlock>"],
        ),
        instances: ec2("reservationSet", &[INSTANCE]),
        security_groups: ec2("securityGroupInfo", &[]),
        ..Answers::default()
    }
}

#[test]
fn a_load_balancer_is_read_with_its_listeners() {
    let model = model(&answers()).unwrap();
    let [balancer] = model.load_balancers.as_slice() else {
        panic!("{model:?}");
    };
    assert_eq!((balancer.kind, balancer.scheme), (Kind::Network, Scheme::Internal));
    assert_eq!(balancer.security_groups, ["sg-1"]);
    let zone = &balancer.zones[0];
    assert_eq!(
        (zone.name.as_str(), zone.subnet.to_string().as_str()),
        ("us-east-1a", "10.0.0.0/24")
    );
    assert_eq!((zone.elastic, zone.private), (None, Some("10.0.0.9".parse().unwrap())));
    let listener = &balancer.listeners[0];
    assert_eq!((listener.port, listener.protocol), (443, ListenerProtocol::Tls));
    assert_eq!(
        (listener.policy.as_str(), listener.alpn.as_str()),
        ("policy", "HTTP2Preferred")
    );
    let arn = "tg".to_owned();
    assert_eq!(listener.default_action.groups(), [Weighted { arn, weight: 1 }]);
    assert!(model.is_proxied(listener));
}

#[test]
fn a_target_group_is_read_with_the_targets_that_are_registered() {
    let model = model(&answers()).unwrap();
    let group = &model.target_groups["tg"];
    assert_eq!(group.version, Version::Http1);
    assert!(group.attributes.is_on("stickiness.enabled"));
    let check = &group.health_check;
    assert_eq!(
        (check.port, check.interval.as_secs(), check.timeout.as_secs()),
        (Some(10256), 10, 6)
    );
    assert_eq!((check.healthy_threshold, check.unhealthy_threshold), (3, 2));
    let (path, codes) = ("/healthz".to_owned(), vec![200..=200, 300..=399]);
    assert_eq!(
        check.probe,
        Probe::Http {
            tls: false,
            path,
            codes
        }
    );
    let targets: Vec<_> = group
        .targets
        .iter()
        .map(|target| (target.key(), target.address))
        .collect();
    let address = Some("10.0.16.4".parse().unwrap());
    assert_eq!(
        targets,
        [("i-1:30443".to_owned(), address), ("i-2:30443".to_owned(), None)]
    );
    assert_eq!(group.targets[0].zone.as_deref(), Some("us-east-1a"));
}

#[test]
fn rules_are_read_by_priority_without_the_default_one() {
    let forward = "<Priority>2</Priority><IsDefault>false</IsDefault><Conditions>
        <member><Field>path-pattern</Field><PathPatternConfig><Values><member>/a*</member><member>/b</member></Values></PathPatternConfig></member>
        <member><Field>query-string</Field><QueryStringConfig><Values><member><Key>k</Key><Value>v</Value></member></Values></QueryStringConfig></member>
        <member><Field>source-ip</Field><SourceIpConfig><Values><member>10.0.0.0/8</member><member>::/0</member></Values></SourceIpConfig></member>
        </Conditions><Actions><member><Type>forward</Type><ForwardConfig><TargetGroups><member><TargetGroupArn>tg</TargetGroupArn><Weight>3</Weight></member></TargetGroups>
        <TargetGroupStickinessConfig><Enabled>true</Enabled><DurationSeconds>60</DurationSeconds></TargetGroupStickinessConfig></ForwardConfig></member></Actions>";
    let redirect = "<Priority>1</Priority><IsDefault>false</IsDefault><Conditions>
        <member><Field>host-header</Field><Values><member>x.example.com</member></Values></member></Conditions>
        <Actions><member><Type>redirect</Type><RedirectConfig><Protocol>HTTPS</Protocol><Port>443</Port><Host>#{host}</Host>
        <Path>/#{path}</Path><Query>#{query}</Query><StatusCode>HTTP_302</StatusCode></RedirectConfig></member></Actions>";
    let default = "<Priority>default</Priority><IsDefault>true</IsDefault><Conditions/>
        <Actions><member><Type>forward</Type><TargetGroupArn>tg</TargetGroupArn></member></Actions>";
    let rules = about("listener", elbv2("Rules", &[forward, redirect, default]));
    let model = model(&Answers { rules, ..answers() }).unwrap();
    let [first, second] = model.load_balancers[0].listeners[0].rules.as_slice() else {
        panic!("{model:?}");
    };
    assert_eq!(first.conditions, [Condition::Host(vec!["x.example.com".to_owned()])]);
    assert!(matches!(&first.action, Action::Redirect(Redirect { status: 302, host, .. }) if host == "#{host}"));
    let query = Query {
        key: Some("k".to_owned()),
        value: "v".to_owned(),
    };
    let expected = [
        Condition::Path(vec!["/a*".to_owned(), "/b".to_owned()]),
        Condition::Query(vec![query]),
        Condition::Source(vec!["10.0.0.0/8".parse().unwrap()]),
    ];
    assert_eq!(second.conditions, expected);
    assert!(matches!(&second.action, Action::Forward { stickiness: Some(sticky), .. } if sticky.as_secs() == 60));
}

#[test]
fn rules_of_security_groups_are_read_with_prefix_lists_written_out() {
    let group = "<groupId>sg-1</groupId><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>81</toPort>
        <ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges><groups><item><groupId>sg-2</groupId></item></groups>
        <prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item></ipPermissions>
        <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>";
    let range = |text: &str| Peer::Range(text.parse().unwrap());
    let answers = Answers {
        security_groups: ec2("securityGroupInfo", &[group]),
        prefix_lists: [("pl-1".to_owned(), vec!["172.16.0.0/12".parse().unwrap()])].into(),
        ..answers()
    };
    let model = model(&answers).unwrap();
    let ingress = Permission {
        traffic: Traffic::Tcp(80..=81),
        peers: vec![
            range("10.0.0.0/8"),
            range("172.16.0.0/12"),
            Peer::Group("sg-2".to_owned()),
        ],
    };
    let egress = Permission {
        traffic: Traffic::Any,
        peers: vec![range("0.0.0.0/0")],
    };
    let group = &model.security_groups["sg-1"];
    assert_eq!((&group.ingress, &group.egress), (&vec![ingress], &vec![egress]));
}

#[test]
fn an_answer_that_makes_no_sense_says_what() {
    let listener = LISTENER.replace("<Port>443</Port>", "<Port>many</Port>");
    let listeners = about("lb", elbv2("Listeners", &[&listener]));
    let error = model(&Answers { listeners, ..answers() }).unwrap_err().to_string();
    assert_eq!(error, "cannot understand an answer of AWS: member/Port is \"many\"");
}
