//! nginx, by a configuration of the test's own.

use elbow_sandbox::image::stock;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, PostParams};
use serde_json::json;

use super::workload::{deployments, is_rolled_out};
use crate::cluster::Cluster;
use crate::wait::until;

/// Deploys nginx with one configuration file, read within `http`, and waits until all Pods are ready. It listens on the ports
/// that the file says, above 1024; its readiness probe is a TCP connection to `port`. Its Pods have the label `app` with its name.
pub(crate) async fn deploy(cluster: &Cluster, name: &str, replicas: i32, port: u16, configuration: &str) {
    let maps = Api::<ConfigMap>::namespaced(cluster.client.clone(), &cluster.namespace);
    let map = json!({"metadata": {"name": name}, "data": {"site.conf": configuration}});
    let map = serde_json::from_value(map).unwrap();
    maps.create(&PostParams::default(), &map).await.unwrap();
    let deployment = deployment(name, replicas, port);
    let created = deployments(cluster).create(&PostParams::default(), &deployment).await;
    created.unwrap();
    until(&format!("nginx {name} to be rolled out"), async || {
        let deployment = deployments(cluster).get(name).await.unwrap();
        is_rolled_out(&deployment)
            .then_some(())
            .ok_or_else(|| format!("{:?}", deployment.status))
    })
    .await;
}

fn deployment(name: &str, replicas: i32, port: u16) -> Deployment {
    let labels = json!({"app": name});
    let object = json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {
                "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{
                    "name": "nginx",
                    "image": stock::NGINX,
                    "imagePullPolicy": "Never",
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "readOnlyRootFilesystem": true,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
                    "volumeMounts": [
                        {"name": "configuration", "mountPath": "/etc/nginx/conf.d"},
                        {"name": "writable", "mountPath": "/tmp"},
                    ],
                    "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}},
                }],
                "volumes": [
                    {"name": "configuration", "configMap": {"name": name}},
                    {"name": "writable", "emptyDir": {}},
                ],
            }},
        },
    });
    serde_json::from_value(object).unwrap()
}
