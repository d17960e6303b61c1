//! Rules: the first by priority whose conditions all hold wins.

use elbow_sandbox::client::Ask;
use elbow_sandbox::data_plane::model::{Condition, Listener, ListenerProtocol, Query, Rule};

use crate::bed::{Bed, reply};
use crate::made::{PORT, listener, rule, says, texts};

/// A load balancer whose rules say their names, and whose default action says `default`.
async fn bed(rules: Vec<Rule>) -> Bed {
    let mut bed = Bed::new().await;
    let listener = Listener {
        rules,
        ..listener(PORT, ListenerProtocol::Http, says("default"))
    };
    bed.application(vec![listener], vec![]).await;
    bed
}

async fn expect(cases: Vec<(Ask, &str)>) {
    for (ask, expected) in cases {
        assert_eq!(reply(&ask).await.body, expected, "{ask:?}");
    }
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn hosts_match_by_pattern_without_regard_to_case_or_port() {
    let bed = bed(vec![
        rule(
            1,
            vec![Condition::Host(texts(&["api.example", "*.api.example"]))],
            says("api"),
        ),
        rule(2, vec![Condition::Host(texts(&["sh?p.example"]))], says("shop")),
    ])
    .await;
    let host = |name: &str| bed.ask("/").header("host", name);
    expect(vec![
        (host("api.example"), "api"),
        (host("V1.API.example:8080"), "api"),
        (host("shop.example"), "shop"),
        (host("shoop.example"), "default"),
        (host("apixexample"), "default"),
    ])
    .await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn paths_match_by_pattern_with_regard_to_case_and_without_the_query() {
    let bed = bed(vec![
        rule(1, vec![Condition::Path(texts(&["/img/*.png", "/static"]))], says("img")),
        rule(2, vec![Condition::Path(texts(&["/a$b (c)'d\"", "/v?"]))], says("odd")),
    ])
    .await;
    expect(vec![
        (bed.ask("/img/a/b.png?x=/static"), "img"),
        (bed.ask("/IMG/a.png"), "default"),
        (bed.ask("/static"), "img"),
        (bed.ask("/static/"), "default"),
        (bed.ask("/x?y=/static"), "default"),
        (bed.ask("/v2"), "odd"),
        (bed.ask("/v22"), "default"),
    ])
    .await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn headers_methods_and_addresses_match() {
    let tier = Condition::Header {
        name: "X-Tier".to_owned(),
        values: texts(&["go*", "silver"]),
    };
    let bed = bed(vec![
        rule(1, vec![tier], says("tier")),
        rule(2, vec![Condition::Method(texts(&["DELETE", "PUT"]))], says("write")),
        rule(
            3,
            vec![Condition::Source(vec!["127.0.0.9/32".parse().unwrap()])],
            says("near"),
        ),
    ])
    .await;
    expect(vec![
        (bed.ask("/").header("x-tier", "GOLD"), "tier"),
        (bed.ask("/").header("x-tier", "bronze"), "default"),
        (bed.ask("/").method("PUT"), "write"),
        (bed.ask("/").method("POST"), "default"),
        (bed.ask("/").from("127.0.0.9".parse().unwrap()), "near"),
        (bed.ask("/").from("127.0.0.8".parse().unwrap()), "default"),
    ])
    .await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn parts_of_the_query_match_by_key_and_value_or_value_alone() {
    let query = |key: Option<&str>, value: &str| Query {
        key: key.map(str::to_owned),
        value: value.to_owned(),
    };
    let bed = bed(vec![
        rule(
            1,
            vec![Condition::Query(vec![
                query(Some("version"), "v1*"),
                query(Some("beta"), "yes"),
            ])],
            says("version"),
        ),
        rule(2, vec![Condition::Query(vec![query(None, "secret")])], says("value")),
    ])
    .await;
    expect(vec![
        (bed.ask("/?version=v1.2"), "version"),
        (bed.ask("/?a=b&Version=V1&c=d"), "version"),
        (bed.ask("/?a=b&beta=yes"), "version"),
        (bed.ask("/?conversion=v1"), "default"),
        (bed.ask("/?version=v2&x=v1"), "default"),
        (bed.ask("/?anything=secret"), "value"),
        (bed.ask("/?secret"), "value"),
        (bed.ask("/?secrets"), "default"),
    ])
    .await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn all_conditions_must_hold_and_the_lowest_priority_wins() {
    let both = vec![
        Condition::Host(texts(&["shop.example"])),
        Condition::Path(texts(&["/a*"])),
    ];
    let bed = bed(vec![
        rule(1, both, says("both")),
        rule(2, vec![Condition::Path(texts(&["/a*"]))], says("path")),
        rule(3, vec![Condition::Path(texts(&["/ab"]))], says("never")),
    ])
    .await;
    expect(vec![
        (bed.ask("/ab"), "both"),
        (bed.ask("/ab").header("host", "other.example"), "path"),
        (bed.ask("/b"), "default"),
    ])
    .await;
}
