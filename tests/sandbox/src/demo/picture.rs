//! The way of a request, as AWS and Kubernetes describe it: hostname, listener, target group, node, ClusterIP.

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt;

use super::kinds;
use super::tree::Tree;
use crate::aws::{Aws, ELBV2, Error, Item};
use crate::terraform::infrastructure::Infrastructure;

/// Draws one tree for each Service that has a hostname.
pub(super) async fn picture(aws: &Aws, infrastructure: &Infrastructure, services: &[Service]) -> Result<String, Error> {
    let balancers = aws.list(ELBV2, "DescribeLoadBalancers", &[], "LoadBalancers").await?;
    let mut drawing = String::new();
    for service in services {
        let Some(hostname) = kinds::hostname(service) else {
            continue;
        };
        let mut branches = Vec::new();
        for balancer in balancers.iter().filter(|balancer| balancer.get("DNSName") == hostname) {
            branches.extend(listeners(aws, infrastructure, service, balancer).await?);
        }
        let text = format!("{} = {hostname}", service.name_any());
        drawing.push_str(&Tree { text, branches }.draw());
    }
    Ok(drawing)
}

async fn listeners(
    aws: &Aws,
    infrastructure: &Infrastructure,
    service: &Service,
    balancer: &Item,
) -> Result<Vec<Tree>, Error> {
    let arn = balancer.get("LoadBalancerArn");
    let groups = aws
        .list(
            ELBV2,
            "DescribeTargetGroups",
            &[("LoadBalancerArn", arn)],
            "TargetGroups",
        )
        .await?;
    let mut branches = Vec::new();
    for listener in aws
        .list(ELBV2, "DescribeListeners", &[("LoadBalancerArn", arn)], "Listeners")
        .await?
    {
        let mut below = Vec::new();
        let target = listener.get("DefaultActions/TargetGroupArn");
        for group in groups.iter().filter(|group| group.get("TargetGroupArn") == target) {
            below.push(target_group(aws, infrastructure, service, group).await?);
        }
        branches.push(Tree {
            text: format!("listener {} :{}", listener.get("Protocol"), listener.get("Port")),
            branches: below,
        });
    }
    Ok(branches)
}

async fn target_group(
    aws: &Aws,
    infrastructure: &Infrastructure,
    service: &Service,
    group: &Item,
) -> Result<Tree, Error> {
    let arn = [("TargetGroupArn", group.get("TargetGroupArn"))];
    let targets = aws
        .list(ELBV2, "DescribeTargetHealth", &arn, "TargetHealthDescriptions")
        .await?;
    let cluster_ip = cluster_ip(service, group.get("Port"), group.get("Protocol"));
    let mut nodes: Vec<String> = targets.iter().map(|target| node(infrastructure, target)).collect();
    nodes.sort();
    let below: Vec<Tree> = cluster_ip.into_iter().map(Tree::leaf).collect();
    let branches = nodes.into_iter().map(|text| Tree {
        text,
        branches: below.clone(),
    });
    Ok(Tree {
        text: format!("target group {}", group.get("TargetGroupName")),
        branches: branches.collect(),
    })
}

/// A target as the node that it is: `NAME:NODEPORT (INSTANCE, ZONE)`.
fn node(infrastructure: &Infrastructure, target: &Item) -> String {
    let (id, port) = (target.get("Target/Id"), target.get("Target/Port"));
    let instance = infrastructure.instances.iter().find(|instance| instance.id == id);
    instance.map_or_else(
        || format!("{id}:{port} (no node of this cluster)"),
        |instance| format!("node {}:{port} ({id}, {})", instance.private_dns, instance.zone),
    )
}

/// Where kube-proxy takes what arrives at a NodePort: `ClusterIP ADDRESS:PORT -> pod :TARGETPORT`.
fn cluster_ip(service: &Service, node_port: &str, protocol: &str) -> Option<String> {
    let spec = service.spec.as_ref()?;
    let matches = |port: &&ServicePort| {
        let own = port.protocol.as_deref().unwrap_or("TCP");
        port.node_port.is_some_and(|number| number.to_string() == node_port)
            && (protocol.contains(own) || (protocol == "TLS" && own == "TCP"))
    };
    let port = spec.ports.iter().flatten().find(matches)?;
    let target = match &port.target_port {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
        None => port.port.to_string(),
    };
    Some(format!(
        "ClusterIP {}:{} -> pod :{target}",
        spec.cluster_ip.as_deref().unwrap_or("none"),
        port.port
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_port_leads_to_the_cluster_ip_of_its_protocol() {
        let service: Service = serde_json::from_value(serde_json::json!({"spec": {"clusterIP": "10.96.0.9", "ports": [
            {"port": 80, "nodePort": 31000, "targetPort": "http", "protocol": "TCP"},
            {"port": 53, "nodePort": 31001, "targetPort": 5353, "protocol": "UDP"},
        ]}}))
        .unwrap();
        let table = [
            (("31000", "TCP"), Some("ClusterIP 10.96.0.9:80 -> pod :http")),
            (("31000", "TLS"), Some("ClusterIP 10.96.0.9:80 -> pod :http")),
            (("31001", "TCP_UDP"), Some("ClusterIP 10.96.0.9:53 -> pod :5353")),
            (("31001", "TCP"), None),
            (("31002", "TCP"), None),
        ];
        for ((port, protocol), expected) in table {
            assert_eq!(
                cluster_ip(&service, port, protocol).as_deref(),
                expected,
                "{port} {protocol}"
            );
        }
    }
}
