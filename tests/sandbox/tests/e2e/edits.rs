//! Every change of a Service follows in AWS.

use std::collections::BTreeSet;

use elbow::aws::stack::{RuleSource, TargetProtocol};
use serde_json::{Value, json};

use crate::scenario::{NODES, Scenario, with_installed_elbow};

const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn ports_come_go_and_change_number_protocol_and_node_port() {
    with_installed_elbow("edit-ports", async |scenario| {
        let hostname = scenario.serve(&scenario.service("web")).await;
        set_ports(
            &scenario,
            json!([{ "name": "http", "port": 80 }, { "name": "alt", "port": 8080 }]),
        )
        .await;
        wait_ports(&scenario, &[80, 8080]).await;
        set_ports(&scenario, json!([{ "name": "http", "port": 81 }])).await;
        wait_ports(&scenario, &[81]).await;

        set_ports(&scenario, json!([{ "name": "http", "port": 81, "protocol": "UDP" }])).await;
        scenario
            .wait_holdings("a UDP target group", "web", |held| {
                let group = held.target_groups.first()?.description.settings.clone()?;
                (held.target_groups.len() == 1 && group.protocol == TargetProtocol::Udp).then_some(())
            })
            .await;

        set_ports(
            &scenario,
            json!([{ "name": "http", "port": 81, "protocol": "UDP", "nodePort": 31777 }]),
        )
        .await;
        scenario
            .wait_holdings("targets on the new node port", "web", |held| {
                let ports: BTreeSet<u16> = held
                    .target_groups
                    .first()?
                    .targets
                    .iter()
                    .map(|target| target.port.get())
                    .collect();
                (ports == BTreeSet::from([31777])).then_some(())
            })
            .await;
        assert_eq!(
            scenario.cluster.wait_programmed("web").await,
            hostname,
            "the load balancer stays the same"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn source_ranges_follow_and_are_open_again_when_removed() {
    with_installed_elbow("edit-ranges", async |scenario| {
        scenario
            .serve(
                &scenario
                    .service("web")
                    .spec("loadBalancerSourceRanges", json!(["10.0.0.0/8", "192.168.1.0/24"])),
            )
            .await;
        wait_sources(&scenario, &["10.0.0.0/8", "192.168.1.0/24"]).await;
        patch(
            &scenario,
            json!({ "spec": { "loadBalancerSourceRanges": ["172.16.0.0/12"] } }),
        )
        .await;
        wait_sources(&scenario, &["172.16.0.0/12"]).await;
        patch(&scenario, json!({ "spec": { "loadBalancerSourceRanges": null } })).await;
        wait_sources(&scenario, &["0.0.0.0/0"]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn tags_attributes_and_the_health_check_follow_and_go_back_to_the_default_when_removed() {
    with_installed_elbow("edit-settings", async |scenario| {
        scenario.serve(&scenario.service("web")).await;
        annotate(
            &scenario,
            &[
                ("additional-resource-tags", Some("team=blue")),
                ("attributes", Some("load_balancing.cross_zone.enabled=true")),
                (
                    "target-group-attributes",
                    Some("deregistration_delay.timeout_seconds=30"),
                ),
                ("healthcheck-interval", Some("30")),
            ],
        )
        .await;
        wait_settings(&scenario, Some("blue"), "true", "30", 30).await;
        let keys = [
            "additional-resource-tags",
            "attributes",
            "target-group-attributes",
            "healthcheck-interval",
        ];
        annotate(&scenario, &keys.map(|key| (key, None))).await;
        wait_settings(&scenario, None, "false", "300", 10).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn the_subnets_of_the_annotation_are_used_and_followed() {
    with_installed_elbow("edit-subnets", async |scenario| {
        let subnets = &scenario.sandbox.infrastructure.private_subnet_ids;
        let two = subnets[..2].join(",");
        scenario.serve(&scenario.service("web").aws("subnets", &two)).await;
        wait_subnets(&scenario, &subnets[..2]).await;
        annotate(&scenario, &[("subnets", None)]).await;
        wait_subnets(&scenario, subnets).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_bad_annotation_is_named_changes_nothing_and_harms_no_other_service() {
    let _same_nodes = NODES.read().await;
    with_installed_elbow("invalid", async |scenario| {
        scenario.serve(&scenario.service("web")).await;
        let before = scenario.holdings("web").await;
        for (suffix, value, reason) in [
            ("scheme", "public", "InvalidAnnotation"),
            ("healthcheck-interval", "soon", "InvalidAnnotation"),
            ("made-up-key", "x", "UnsupportedAnnotation"),
            ("name", "-edge-", "InvalidAnnotation"),
            (
                "attributes",
                "load_balancing.cross_zone.enabled=perhaps",
                "InvalidAnnotation",
            ),
        ] {
            annotate(&scenario, &[(suffix, Some(value))]).await;
            let message = scenario.cluster.wait_refused("web", reason).await;
            assert!(message.contains(suffix), "{message}");
            assert!(message.contains(value.rsplit('=').next().unwrap()), "{message}");
            annotate(&scenario, &[(suffix, None)]).await;
            scenario.cluster.wait_programmed("web").await;
        }
        assert_eq!(scenario.holdings("web").await, before);
        annotate(&scenario, &[("scheme", Some("public"))]).await;
        scenario.cluster.wait_event("web", "SyncLoadBalancerFailed").await;
        scenario.serve(&scenario.service("neighbour")).await;
        annotate(&scenario, &[("scheme", None)]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_change_of_scheme_brings_the_new_load_balancer_before_the_old_one_goes() {
    with_installed_elbow("edit-scheme", async |scenario| {
        let old = scenario.serve(&scenario.service("web")).await;
        annotate(&scenario, &[("scheme", Some("internet-facing"))]).await;
        let new = crate::wait::until("the status to name the new load balancer", async || {
            let held = scenario.holdings("web").await;
            let names: Vec<_> = held
                .load_balancers
                .iter()
                .map(|found| found.description.dns_name.clone())
                .collect();
            let published = crate::cluster::hostname(&scenario.cluster.services().get("web").await.unwrap());
            // Whatever is published stands in AWS at every moment.
            let published = published.ok_or("no hostname")?;
            if !names.contains(&published) {
                // The look at AWS came first: it may have been overtaken.
                let again = scenario.holdings("web").await;
                assert!(
                    again
                        .load_balancers
                        .iter()
                        .any(|found| found.description.dns_name == published),
                    "{published}: {again:#?}"
                );
            }
            if published == old {
                Err(format!("{names:?}"))
            } else {
                Ok(published)
            }
        })
        .await;
        let both = scenario.holdings("web").await;
        assert_eq!(
            both.load_balancers.len(),
            2,
            "the old one serves on for the grace period: {both:#?}"
        );
        scenario
            .wait_holdings("only the new load balancer", "web", |held| {
                let alone = held.load_balancers.len() == 1 && held.target_groups.len() == 1;
                (alone && held.load_balancers[0].description.dns_name == new).then_some(())
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_explicit_name_that_a_stranger_holds_is_an_error_and_the_stranger_is_untouched() {
    let _same_nodes = NODES.read().await;
    with_installed_elbow("name-taken", async |scenario| {
        let name = format!(
            "mine-{}",
            &scenario.cluster.namespace[scenario.cluster.namespace.len() - 8..]
        );
        scenario.serve(&scenario.service("first").aws("name", &name)).await;
        let before = scenario.holdings("first").await;
        assert_eq!(before.load_balancer().description.name, name);
        scenario
            .cluster
            .create_service(&scenario.service("second").aws("name", &name))
            .await;
        let message = scenario.cluster.wait_refused("second", "NameTaken").await;
        assert!(message.contains(&name), "{message}");
        assert_eq!(scenario.holdings("first").await, before);
        assert!(scenario.holdings("second").await.load_balancers.is_empty());
    })
    .await;
}

async fn patch(scenario: &Scenario, change: Value) {
    scenario.cluster.patch_service("web", change).await;
}

async fn annotate(scenario: &Scenario, annotations: &[(&str, Option<&str>)]) {
    let annotations: serde_json::Map<_, _> = annotations
        .iter()
        .map(|(key, value)| (format!("{PREFIX}{key}"), json!(value)))
        .collect();
    patch(scenario, json!({ "metadata": { "annotations": annotations } })).await;
}

async fn set_ports(scenario: &Scenario, ports: Value) {
    patch(scenario, json!({ "spec": { "ports": ports } })).await;
}

async fn wait_ports(scenario: &Scenario, ports: &[u16]) {
    scenario
        .wait_holdings(&format!("listeners on {ports:?} only"), "web", |held| {
            (held.listener_ports() == ports && held.target_groups.len() == ports.len()).then_some(())
        })
        .await;
}

async fn wait_sources(scenario: &Scenario, sources: &[&str]) {
    let wanted: BTreeSet<String> = sources.iter().map(|source| (*source).to_owned()).collect();
    scenario
        .wait_holdings(&format!("rules for {sources:?} only"), "web", |held| {
            let rules = &held.security_groups.first()?.rules;
            let sources = rules.iter().map(|rule| match &rule.source {
                RuleSource::Cidr(network) => network.to_string(),
                other => format!("{other:?}"),
            });
            (sources.collect::<BTreeSet<_>>() == wanted).then_some(())
        })
        .await;
}

async fn wait_subnets(scenario: &Scenario, subnets: &[String]) {
    let wanted: BTreeSet<_> = subnets.iter().cloned().collect();
    scenario
        .wait_holdings(&format!("the subnets {subnets:?}"), "web", |held| {
            let found: BTreeSet<_> = held
                .load_balancers
                .first()?
                .description
                .subnets
                .keys()
                .map(ToString::to_string)
                .collect();
            (found == wanted).then_some(())
        })
        .await;
}

async fn wait_settings(scenario: &Scenario, team: Option<&str>, cross_zone: &str, delay: &str, interval: u16) {
    scenario
        .wait_holdings("the settings", "web", |held| {
            let (balancer, group) = (held.load_balancers.first()?, held.target_groups.first()?);
            let tags = [&balancer.tags, &group.tags, &held.security_groups.first()?.tags];
            let tagged = tags.iter().all(|tags| tags.get("team").map(String::as_str) == team);
            let check = &group.description.settings.as_ref()?.health_check;
            let attributes = balancer.attributes.get("load_balancing.cross_zone.enabled")? == cross_zone
                && group.attributes.get("deregistration_delay.timeout_seconds")? == delay;
            (tagged && attributes && check.interval == interval).then_some(())
        })
        .await;
}
