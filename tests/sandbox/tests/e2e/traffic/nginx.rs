//! nginx, by a configuration of the test's own.

use std::iter;

use elbow_sandbox::certificates::Issued;
use elbow_sandbox::image::stock;
use elbow_sandbox::nodes::real::{NODE_GROUP, STANDING};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

use super::workload::{deployments, is_rolled_out};
use crate::cluster::Cluster;
use crate::wait::until;

/// A Deployment of nginx under construction. Its Pods have the label `app` with its name.
#[derive(Clone, Debug)]
pub(crate) struct Nginx {
    name: String,
    replicas: u16,
    port: u16,
    configuration: String,
    certificate: Option<Issued>,
}

impl Nginx {
    /// One Pod with one configuration file, read within `http`. It listens on the ports that the file says, above 1024; its
    /// readiness probe is a TCP connection to `port`.
    pub(crate) fn new(name: &str, port: u16, configuration: &str) -> Self {
        Self {
            name: name.to_owned(),
            replicas: 1,
            port,
            configuration: configuration.to_owned(),
            certificate: None,
        }
    }

    /// How many Pods.
    pub(crate) fn replicas(self, replicas: u16) -> Self {
        Self { replicas, ..self }
    }

    /// A certificate and its key, which the configuration finds as `/etc/nginx/tls/tls.crt` and `tls.key`.
    pub(crate) fn certificate(self, certificate: Issued) -> Self {
        let certificate = Some(certificate);
        Self { certificate, ..self }
    }

    /// Creates the Deployment and what it mounts, and waits until all Pods are ready.
    pub(crate) async fn deploy(&self, cluster: &Cluster) {
        let maps = Api::<ConfigMap>::namespaced(cluster.client.clone(), &cluster.namespace);
        let map = json!({"metadata": {"name": self.name}, "data": {"site.conf": self.configuration}});
        let map = serde_json::from_value(map).unwrap();
        maps.create(&PostParams::default(), &map).await.unwrap();
        if let Some(certificate) = &self.certificate {
            let secrets = Api::<Secret>::namespaced(cluster.client.clone(), &cluster.namespace);
            let secret = secrets.create(&PostParams::default(), &self.secret(certificate)).await;
            secret.unwrap();
        }
        let created = deployments(cluster)
            .create(&PostParams::default(), &self.object())
            .await;
        created.unwrap();
        until(&format!("nginx {} to be rolled out", self.name), async || {
            let deployment = deployments(cluster).get(&self.name).await.unwrap();
            is_rolled_out(&deployment)
                .then_some(())
                .ok_or_else(|| format!("{:?}", deployment.status))
        })
        .await;
    }

    fn secret(&self, certificate: &Issued) -> Secret {
        let data = json!({"tls.crt": certificate.certificate, "tls.key": certificate.key});
        let secret = json!({"metadata": {"name": self.name}, "type": "kubernetes.io/tls", "stringData": data});
        serde_json::from_value(secret).unwrap()
    }

    fn object(&self) -> Deployment {
        let labels = json!({"app": self.name});
        let object = json!({
            "metadata": {"name": self.name},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {
                    "nodeSelector": {NODE_GROUP: STANDING},
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
                        "readinessProbe": {"tcpSocket": {"port": self.port}, "periodSeconds": 1},
                        "volumeMounts": self.volumes().map(|(name, path, _)| json!({"name": name, "mountPath": path}))
                            .collect::<Value>(),
                        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}},
                    }],
                    "volumes": self.volumes().map(|(name, _, source)| volume(name, source)).collect::<Value>(),
                }},
            },
        });
        serde_json::from_value(object).unwrap()
    }

    /// Names, mount points and sources.
    fn volumes(&self) -> impl Iterator<Item = (&'static str, &'static str, Value)> {
        let configuration = json!({"configMap": {"name": self.name}});
        let certificate = self.certificate.as_ref();
        let certificate = certificate.map(|_| {
            (
                "certificate",
                "/etc/nginx/tls",
                json!({"secret": {"secretName": self.name}}),
            )
        });
        iter::once(("configuration", "/etc/nginx/conf.d", configuration))
            .chain(iter::once(("writable", "/tmp", json!({"emptyDir": {}}))))
            .chain(certificate)
    }
}

fn volume(name: &str, mut source: Value) -> Value {
    source["name"] = json!(name);
    source
}
