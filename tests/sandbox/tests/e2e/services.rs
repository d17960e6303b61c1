//! Every kind of Service gets what it declares.

use std::collections::BTreeSet;

use elbow::aws::stack::{
    HealthCheckPort, HealthCheckProtocol, ListenerProtocol, LoadBalancerKind, RuleProtocol, Scheme, TargetProtocol,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

use crate::cluster::{condition, hostname};
use crate::scenario::{Scenario, with_installed_elbow};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_gets_a_load_balancer_whose_targets_are_the_nodes_at_its_node_port() {
    with_installed_elbow("basic", async |scenario| {
        let hostname = scenario.serve(&scenario.service("web")).await;
        let service = scenario.cluster.services().get("web").await.unwrap();
        let held = scenario.holdings("web").await;
        assert!(hostname.ends_with(".elb.us-east-1.amazonaws.com"), "{hostname}");
        assert_eq!(hostname, held.load_balancer().description.dns_name);
        assert_eq!(held.load_balancer().description.scheme, Some(Scheme::Internal));
        assert_eq!(held.load_balancer().description.kind, Some(LoadBalancerKind::Network));
        let subnets: BTreeSet<_> = held
            .load_balancer()
            .description
            .subnets
            .keys()
            .map(|id| id.as_str().to_owned())
            .collect();
        let private: BTreeSet<_> = scenario
            .sandbox
            .infrastructure
            .private_subnet_ids
            .iter()
            .cloned()
            .collect();
        assert_eq!(subnets, private);
        assert_eq!(
            targets(&scenario, &held, 80),
            expected_targets(&scenario, node_port(&service, 80))
        );
        let status = service
            .status
            .as_ref()
            .unwrap()
            .load_balancer
            .as_ref()
            .unwrap()
            .ingress
            .as_ref()
            .unwrap();
        let ports = status[0].ports.as_ref().unwrap();
        assert_eq!((ports[0].port, ports[0].protocol.as_str()), (80, "TCP"));
        assert!(
            service
                .metadata
                .finalizers
                .unwrap()
                .contains(&"elbow.dev/load-balancer".to_owned())
        );
        scenario.cluster.wait_event("web", "EnsuredLoadBalancer").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn everything_made_for_a_service_carries_its_tags() {
    with_installed_elbow("tags", async |scenario| {
        let manifest = scenario
            .service("web")
            .aws("additional-resource-tags", "team=blue,cost-center=42");
        scenario.serve(&manifest).await;
        let held = scenario.holdings("web").await;
        let all = [
            &held.load_balancer().tags,
            &held.target_group().tags,
            &held.security_group().tags,
        ];
        for tags in all {
            assert_eq!(tags["elbow.dev/service"], scenario.owner("web"));
            assert_eq!(
                tags[&format!("kubernetes.io/cluster/{}", scenario.cluster_name)],
                "owned"
            );
            assert_eq!((tags["team"].as_str(), tags["cost-center"].as_str()), ("blue", "42"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_internet_facing_service_stands_in_the_public_subnets() {
    with_installed_elbow("public", async |scenario| {
        scenario
            .serve(&scenario.service("web").aws("scheme", "internet-facing"))
            .await;
        let held = scenario.holdings("web").await;
        let subnets: BTreeSet<_> = held
            .load_balancer()
            .description
            .subnets
            .keys()
            .map(|id| id.as_str().to_owned())
            .collect();
        assert_eq!(held.load_balancer().description.scheme, Some(Scheme::InternetFacing));
        assert_eq!(
            subnets,
            scenario
                .sandbox
                .infrastructure
                .public_subnet_ids
                .iter()
                .cloned()
                .collect()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn every_port_of_a_service_gets_a_listener_and_a_target_group_of_its_protocol() {
    with_installed_elbow("ports", async |scenario| {
        let ports = json!([
            { "name": "http", "port": 80, "targetPort": "web" },
            { "name": "game", "port": 7777, "protocol": "UDP", "targetPort": 7777 },
            { "name": "dns-tcp", "port": 53, "protocol": "TCP", "nodePort": 31053 },
            { "name": "dns-udp", "port": 53, "protocol": "UDP", "nodePort": 31053 },
        ]);
        scenario.serve(&scenario.service("web").ports(ports)).await;
        let held = scenario.holdings("web").await;
        assert_eq!(held.listener_ports(), [53, 80, 7777]);
        let protocols = [53, 80, 7777].map(|port| held.behind(port).description.settings.as_ref().unwrap().protocol);
        assert_eq!(
            protocols,
            [TargetProtocol::TcpUdp, TargetProtocol::Tcp, TargetProtocol::Udp]
        );
        assert_eq!(targets(&scenario, &held, 53), expected_targets(&scenario, 31053));
        let rules = &held.security_group().rules;
        let opened: BTreeSet<_> = rules
            .iter()
            .map(|rule| (rule.protocol.clone(), rule.from, rule.to))
            .collect();
        let wanted = [
            (RuleProtocol::Tcp, 53, 53),
            (RuleProtocol::Tcp, 80, 80),
            (RuleProtocol::Udp, 53, 53),
            (RuleProtocol::Udp, 7777, 7777),
        ];
        assert_eq!(opened, BTreeSet::from(wanted));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn tcp_and_udp_on_one_port_with_two_node_ports_are_refused_and_nothing_is_made() {
    with_installed_elbow("mixed", async |scenario| {
        let ports = json!([
            { "name": "dns-tcp", "port": 53, "protocol": "TCP", "nodePort": 31153 },
            { "name": "dns-udp", "port": 53, "protocol": "UDP", "nodePort": 31154 },
        ]);
        scenario
            .cluster
            .create_service(&scenario.service("web").ports(ports))
            .await;
        let reason = stalled_reason(&scenario, "web").await;
        let message = scenario.cluster.wait_refused("web", &reason).await;
        assert!(message.contains("port 53") && message.contains("nodePort"), "{message}");
        assert!(scenario.holdings("web").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_certificate_makes_the_named_ports_tls() {
    with_installed_elbow("tls", async |scenario| {
        let ports = json!([{ "name": "https", "port": 443 }, { "name": "http", "port": 80 }]);
        let certificate = crate::by_hand::certificate(&scenario.sandbox).await;
        let manifest = scenario
            .service("web")
            .ports(ports)
            .aws("ssl-cert", &certificate)
            .aws("ssl-ports", "https");
        scenario.serve(&manifest).await;
        let held = scenario.holdings("web").await;
        let listener = |port: u16| {
            held.load_balancer()
                .listeners
                .iter()
                .find(|found| found.port.get() == port)
                .unwrap()
                .settings
                .clone()
                .unwrap()
        };
        assert_eq!(listener(443).protocol, ListenerProtocol::Tls);
        assert_eq!(listener(443).certificate.unwrap().as_str(), certificate);
        assert_eq!(listener(80).protocol, ListenerProtocol::Tcp);
        assert_eq!(
            held.behind(443).description.settings.as_ref().unwrap().protocol,
            TargetProtocol::Tcp
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn the_local_policy_probes_the_health_check_node_port_and_the_cluster_policy_the_traffic_port() {
    with_installed_elbow("policy", async |scenario| {
        scenario
            .serve(&scenario.service("web").spec("externalTrafficPolicy", json!("Local")))
            .await;
        let service = scenario.cluster.services().get("web").await.unwrap();
        let node_port = service.spec.unwrap().health_check_node_port.unwrap();
        let check = scenario
            .holdings("web")
            .await
            .target_group()
            .description
            .settings
            .clone()
            .unwrap()
            .health_check;
        assert!(
            matches!(&check.protocol, HealthCheckProtocol::Http { path, .. } if path == "/healthz"),
            "{check:?}"
        );
        assert!(
            matches!(check.port, HealthCheckPort::Number(port) if i32::from(port.get()) == node_port),
            "{check:?}"
        );

        scenario
            .cluster
            .patch_service("web", json!({ "spec": { "externalTrafficPolicy": "Cluster" } }))
            .await;
        scenario
            .wait_holdings("a TCP probe of the traffic port", "web", |held| {
                let check = held.target_groups.first()?.description.settings.clone()?.health_check;
                (check.protocol == HealthCheckProtocol::Tcp && check.port == HealthCheckPort::Traffic).then_some(())
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn client_ip_affinity_is_source_ip_stickiness() {
    with_installed_elbow("affinity", async |scenario| {
        scenario
            .serve(&scenario.service("web").spec("sessionAffinity", json!("ClientIP")))
            .await;
        let held = scenario.holdings("web").await;
        let attributes = &held.target_group().attributes;
        assert_eq!(
            (
                attributes["stickiness.enabled"].as_str(),
                attributes["stickiness.type"].as_str()
            ),
            ("true", "source_ip")
        );
        // Else each zone's address would lead the client to a target of its own.
        assert_eq!(attributes["load_balancing.cross_zone.enabled"], "true");
        scenario
            .cluster
            .patch_service("web", json!({ "spec": { "sessionAffinity": "None" } }))
            .await;
        scenario
            .wait_holdings("stickiness to be off", "web", |held| {
                (held.target_groups.first()?.attributes.get("stickiness.enabled")? == "false").then_some(())
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_without_a_selector_is_served_beside_its_manual_endpoint_slice() {
    with_installed_elbow("manual", async |scenario| {
        let slice: EndpointSlice = serde_json::from_value(json!({
            "metadata": { "name": "web-1", "labels": { "kubernetes.io/service-name": "web" } },
            "addressType": "IPv4",
            "ports": [{ "name": "http", "port": 9376, "protocol": "TCP" }],
            "endpoints": [{ "addresses": ["10.1.2.3"] }],
        }))
        .unwrap();
        let slices = Api::<EndpointSlice>::namespaced(scenario.cluster.client.clone(), &scenario.cluster.namespace);
        slices.create(&PostParams::default(), &slice).await.unwrap();
        scenario
            .serve(&scenario.service("web").spec("selector", Value::Null))
            .await;
        let service = scenario.cluster.services().get("web").await.unwrap();
        assert_eq!(
            targets(&scenario, &scenario.holdings("web").await, 80),
            expected_targets(&scenario, node_port(&service, 80))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_fixed_node_port_is_the_port_of_the_targets() {
    with_installed_elbow("fixed", async |scenario| {
        let ports = json!([{ "port": 80, "nodePort": 31234 }]);
        scenario.serve(&scenario.service("web").ports(ports)).await;
        assert_eq!(
            targets(&scenario, &scenario.holdings("web").await, 80),
            expected_targets(&scenario, 31234)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn groups_of_the_user_replace_the_managed_one() {
    with_installed_elbow("groups", async |scenario| {
        let group = scenario.sandbox.infrastructure.node_security_group_id.clone();
        scenario.serve(&scenario.service("web")).await;
        scenario
            .cluster
            .patch_service("web", annotate("security-groups", Some(&group)))
            .await;
        scenario
            .wait_holdings("only the user's group", "web", |held| {
                let groups: Vec<_> = held
                    .load_balancers
                    .first()?
                    .description
                    .security_groups
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                (groups == [group.clone()] && held.security_groups.is_empty()).then_some(())
            })
            .await;
        scenario
            .cluster
            .patch_service("web", annotate("security-groups", None))
            .await;
        scenario
            .wait_holdings("the managed group again", "web", |held| {
                let groups = &held.load_balancers.first()?.description.security_groups;
                let managed = &held.security_groups.first()?.id;
                (groups.contains(managed) && !groups.iter().any(|found| found.as_str() == group)).then_some(())
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_that_leaves_the_type_loses_its_load_balancer_and_gets_one_again_on_return() {
    with_installed_elbow("types", async |scenario| {
        scenario.serve(&scenario.service("web")).await;
        for (kind, change) in [
            ("NodePort", json!({ "spec": { "type": "NodePort", "loadBalancerClass": null } })),
            ("ClusterIP", json!({ "spec": { "type": "ClusterIP", "loadBalancerClass": null, "ports": [{ "name": "http", "port": 80, "nodePort": null }] } })),
            ("ExternalName", json!({ "spec": { "type": "ExternalName", "loadBalancerClass": null, "externalName": "example.com", "clusterIP": null, "clusterIPs": null } })),
        ] {
            scenario.cluster.patch_service("web", change).await;
            scenario.wait_holdings(&format!("nothing for {kind}"), "web", |held| held.is_empty().then_some(())).await;
            crate::wait::until("elbow to have let go of the Service", async || {
                let service = scenario.cluster.services().get("web").await.map_err(|error| error.to_string())?;
                let free = service.metadata.finalizers.as_ref().is_none_or(Vec::is_empty)
                    && hostname(&service).is_none()
                    && condition(&service, "elbow.dev/Programmed").is_none()
                    && condition(&service, "Reconciling").is_none();
                if free { Ok(()) } else { Err(format!("{service:#?}")) }
            })
            .await;
            let back = json!({ "spec": { "type": "LoadBalancer", "loadBalancerClass": scenario.class, "externalName": null } });
            scenario.cluster.patch_service("web", back).await;
            scenario.cluster.wait_programmed("web").await;
        }
    })
    .await;
}

fn annotate(suffix: &str, value: Option<&str>) -> Value {
    json!({ "metadata": { "annotations": { format!("service.beta.kubernetes.io/aws-load-balancer-{suffix}"): value } } })
}

fn node_port(service: &k8s_openapi::api::core::v1::Service, port: i32) -> u16 {
    let ports = service.spec.as_ref().unwrap().ports.as_ref().unwrap();
    let found = ports.iter().find(|found| found.port == port).unwrap();
    u16::try_from(found.node_port.unwrap()).unwrap()
}

/// Targets among the nodes that the sandbox started with; tests of nodes bring others, which are every Service's targets.
fn targets(scenario: &Scenario, held: &crate::cloud::Holdings, port: u16) -> BTreeSet<(String, u16)> {
    let instances = &scenario.sandbox.infrastructure.instances;
    let targets = held.behind(port).targets.iter();
    targets
        .map(|target| (target.instance.to_string(), target.port.get()))
        .filter(|(id, _)| instances.iter().any(|instance| instance.id == *id))
        .collect()
}

/// All nodes that the sandbox started with, at a port.
fn expected_targets(scenario: &Scenario, port: u16) -> BTreeSet<(String, u16)> {
    scenario
        .sandbox
        .infrastructure
        .instances
        .iter()
        .map(|instance| (instance.id.clone(), port))
        .collect()
}

/// The reason that `Stalled` gives, once it is True.
async fn stalled_reason(scenario: &Scenario, name: &str) -> String {
    crate::wait::until("the Service to be stalled", async || {
        let service = scenario
            .cluster
            .services()
            .get(name)
            .await
            .map_err(|error| error.to_string())?;
        let stalled = condition(&service, "Stalled").filter(|found| found.status == "True");
        stalled
            .map(|found| found.reason.clone())
            .ok_or(format!("{:?}", service.status))
    })
    .await
}
