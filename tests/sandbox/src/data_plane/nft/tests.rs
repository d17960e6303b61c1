use super::*;
use crate::data_plane::fixture::{group, judge, picture, unhealthy};
use crate::data_plane::model::{Attributes, Peer, Permission, Traffic};

/// The rules of a chain, or the elements of a set or map, without the outer braces.
fn part(ruleset: &str, name: &str) -> String {
    let from = ruleset
        .find(&format!(" {name} {{\n"))
        .unwrap_or_else(|| panic!("no {name} in {ruleset}"));
    let text = &ruleset[from..];
    text[text.find('\n').unwrap() + 1..text.find("\n\t}\n").unwrap()].to_owned()
}

fn listen(picture: &Picture, zone: &str) -> String {
    part(&ruleset(picture), &format!("listen-web-us-east-1{zone}-80-web-80"))
}

#[test]
fn the_whole_table_is_replaced_and_no_other_touched() {
    let text = ruleset(&picture());
    assert!(
        text.starts_with(
            "add table ip elbow-data-plane\ndelete table ip elbow-data-plane\ntable ip elbow-data-plane {\n"
        )
    );
    assert!(!text.contains("flush"));
    assert_eq!(text, ruleset(&picture()));
}

#[test]
fn an_address_forwards_to_its_own_zone_unless_cross_zone_is_on() {
    let mut picture = picture();
    assert!(listen(&picture, "b").ends_with("mod 1 seed 0x74617267 vmap { 0 : goto to-10.0.32.4-30080 }"));
    group(&mut picture).attributes = Attributes::from_iter([("load_balancing.cross_zone.enabled", "true")]);
    assert!(listen(&picture, "b").contains(
        "mod 3 seed 0x74617267 vmap { 0 : goto to-10.0.16.4-30080, 1 : goto to-10.0.32.4-30080, 2 : goto to-10.0.48.4-30080 }"
    ));
}

#[test]
fn what_is_unhealthy_gets_nothing_while_another_is_healthy() {
    let mut picture = picture();
    group(&mut picture).attributes = Attributes::from_iter([("load_balancing.cross_zone.enabled", "true")]);
    judge(&mut picture, "b", unhealthy());
    assert!(!listen(&picture, "b").contains("10.0.32.4"));
    judge(&mut picture, "a", unhealthy());
    judge(&mut picture, "c", unhealthy());
    assert!(listen(&picture, "b").contains("mod 3"), "fails open");
}

#[test]
fn stickiness_looks_at_the_clients_address_alone() {
    let mut picture = picture();
    group(&mut picture).attributes = Attributes::from_iter([("stickiness.enabled", "true")]);
    assert!(listen(&picture, "a").contains("jhash ip saddr mod 256 seed"));
}

#[test]
fn a_client_is_hidden_only_where_the_group_says_so() {
    let mut picture = picture();
    assert!(!ruleset(&picture).contains("ct mark set"));
    group(&mut picture).attributes = Attributes::from_iter([("preserve_client_ip.enabled", "false")]);
    let text = ruleset(&picture);
    assert!(part(&text, "listen-web-us-east-1a-80-web-80").contains("ct mark set 0x0a0001fe"));
    assert!(part(&text, "sources").contains("0x0a0001fe : 10.0.1.254"));
}

#[test]
fn a_listener_without_targets_is_closed() {
    let mut picture = picture();
    group(&mut picture).targets.clear();
    let text = ruleset(&picture);
    assert!(!part(&text, "open").contains("elements"));
    assert!(!part(&text, "listeners").contains("elements"));
}

#[test]
fn the_groups_of_a_load_balancer_are_asked_at_each_of_its_addresses() {
    let text = ruleset(&picture());
    let guards = part(&text, "balancers-in");
    for address in [
        "10.0.1.254",
        "10.0.2.254",
        "10.0.3.254",
        "198.18.0.1",
        "198.18.0.2",
        "198.18.0.3",
    ] {
        assert!(guards.contains(&format!("{address} : jump guard-to-web")), "{guards}");
    }
    let guard = part(&text, "guard-to-web");
    assert_eq!(guard.trim(), "jump in-sg-lb\n\t\tcounter name \"dropped-to-web\" drop");
}

#[test]
fn a_load_balancer_without_groups_admits_everyone() {
    let mut picture = picture();
    picture.model.load_balancers[0].security_groups.clear();
    let text = ruleset(&picture);
    assert!(!part(&text, "balancers-in").contains("elements"));
    assert!(!text.contains("guard-to-web"));
}

#[test]
fn the_groups_of_a_node_are_asked_for_its_pods_too() {
    let guards = part(&ruleset(&picture()), "nodes-in");
    assert!(guards.contains("10.0.16.4 : jump guard-to-i-a"), "{guards}");
    assert!(guards.contains("10.244.1.0/24 : jump guard-to-i-a"), "{guards}");
}

#[test]
fn a_rule_for_a_group_admits_its_members_and_what_comes_through_them() {
    let text = ruleset(&picture());
    let rules = part(&text, "in-sg-nodes");
    assert!(
        rules.contains("ip saddr @members-sg-lb tcp dport 30080-30080 accept"),
        "{rules}"
    );
    assert!(
        rules.contains("ct original ip daddr @through-sg-lb tcp dport 30080-30080 accept"),
        "{rules}"
    );
    assert!(part(&text, "members-sg-lb").contains("elements = { 10.0.1.254, 10.0.2.254, 10.0.3.254 }"));
    assert!(part(&text, "through-sg-lb").contains("198.18.0.2"));
}

#[test]
fn permissions_become_rules() {
    let range = |text: &str| Peer::Range(text.parse().unwrap());
    let cases = [
        (Traffic::Any, vec![range("0.0.0.0/0")], vec!["accept"]),
        (
            Traffic::Udp(53..=54),
            vec![
                range("10.0.0.0/25"),
                range("10.0.0.128/25"),
                range("10.0.0.7/32"),
                range("203.0.113.10/32"),
            ],
            vec!["ip saddr { 10.0.0.0/24, 203.0.113.10 } udp dport 53-54 accept"],
        ),
        (
            Traffic::Icmp,
            vec![range("203.0.113.0/24")],
            vec!["ip saddr { 203.0.113.0/24 } ip protocol icmp accept"],
        ),
        (Traffic::Tcp(1..=2), vec![], vec![]),
    ];
    for (traffic, peers, expected) in cases {
        let mut picture = picture();
        let permission = Permission { traffic, peers };
        let case = format!("{permission:?}");
        picture.model.security_groups.get_mut("sg-lb").unwrap().ingress = vec![permission];
        let text = ruleset(&picture);
        let start = text.find("chain in-sg-lb {\n").unwrap();
        let rules = &text[start..];
        let rules: Vec<&str> = rules[..rules.find("\t}\n").unwrap()]
            .lines()
            .skip(1)
            .map(str::trim)
            .collect();
        assert_eq!(rules, expected, "{case}");
    }
}
