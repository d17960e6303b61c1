//! The environment of a container: values, fields of its Pod, keys of ConfigMaps and Secrets.
//!
//! Order and precedence as in the Kubernetes API reference, Container v1 core: `envFrom` first, then `env`, the later one
//! wins; `$(NAME)` in a value refers to `env` entries above it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Container, EnvFromSource, EnvVar, EnvVarSource, Pod};

use super::expansion::expand;

/// Name to value.
pub type Variables = BTreeMap<String, String>;

/// Where the Pod runs: what its fields do not say yet when its first container starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The Pod's own address.
    pub pod: IpAddr,
    /// The Node's internal address.
    pub host: IpAddr,
}

/// A ConfigMap or a Secret, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A ConfigMap of the Pod's namespace.
    ConfigMap(String),
    /// A Secret of the Pod's namespace.
    Secret(String),
}

/// The data of the sources that exist.
pub type Sources = BTreeMap<Source, Variables>;

/// Why an environment cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The ConfigMap or Secret is not there and not optional.
    #[error("environment: {0:?} does not exist")]
    NoSource(Source),
    /// The key is not there and not optional.
    #[error("environment: {source_name:?} has no key {key:?}")]
    NoKey {
        /// The ConfigMap or Secret.
        source_name: Source,
        /// The key asked for.
        key: String,
    },
    /// The stand-in does not know the field.
    #[error("environment: the kubelet stand-in does not know the field {0:?}")]
    UnknownField(String),
    /// Neither value nor a source that the stand-in knows.
    #[error("environment: the kubelet stand-in cannot resolve {0:?}")]
    UnknownSource(String),
}

/// The ConfigMaps and Secrets that a container's environment names.
#[must_use]
pub fn sources_of(container: &Container) -> BTreeSet<Source> {
    let whole = container
        .env_from
        .iter()
        .flatten()
        .filter_map(|from| whole_source(from).map(|(source, _)| source));
    let values = container
        .env
        .iter()
        .flatten()
        .filter_map(|variable| variable.value_from.as_ref());
    let keys = values.filter_map(|from| keyed_source(from).map(|(source, _, _)| source));
    whole.chain(keys).collect()
}

/// Makes the environment.
///
/// # Errors
/// What is missing or not understood, as [`Error`].
pub fn resolve(pod: &Pod, container: &Container, addresses: Addresses, sources: &Sources) -> Result<Variables, Error> {
    let mut inherited = Variables::new();
    for from in container.env_from.iter().flatten() {
        inherited.extend(resolve_whole(from, sources)?);
    }
    let mut own = Variables::new();
    for variable in container.env.iter().flatten() {
        if let Some(value) = resolve_one(pod, variable, addresses, sources, &own)? {
            own.insert(variable.name.clone(), value);
        }
    }
    inherited.extend(own);
    Ok(inherited)
}

fn resolve_whole(from: &EnvFromSource, sources: &Sources) -> Result<Variables, Error> {
    let Some((source, optional)) = whole_source(from) else {
        return Ok(Variables::new());
    };
    let Some(data) = sources.get(&source) else {
        return if optional {
            Ok(Variables::new())
        } else {
            Err(Error::NoSource(source))
        };
    };
    let prefix = from.prefix.as_deref().unwrap_or_default();
    Ok(data
        .iter()
        .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
        .collect())
}

/// The value of one variable; none for an optional source that is not there.
fn resolve_one(
    pod: &Pod,
    variable: &EnvVar,
    addresses: Addresses,
    sources: &Sources,
    above: &Variables,
) -> Result<Option<String>, Error> {
    let Some(from) = &variable.value_from else {
        let value = variable.value.as_deref().unwrap_or_default();
        return Ok(Some(expand(value, |name| above.get(name).map(String::as_str))));
    };
    if let Some(field) = &from.field_ref {
        return field_value(pod, &field.field_path, addresses).map(Some);
    }
    let Some((source, key, optional)) = keyed_source(from) else {
        return Err(Error::UnknownSource(variable.name.clone()));
    };
    match sources.get(&source).map(|data| data.get(&key)) {
        Some(Some(value)) => Ok(Some(value.clone())),
        _ if optional => Ok(None),
        Some(None) => Err(Error::NoKey {
            source_name: source,
            key,
        }),
        None => Err(Error::NoSource(source)),
    }
}

/// The fields that the downward API allows in variables, but for resources.
fn field_value(pod: &Pod, path: &str, addresses: Addresses) -> Result<String, Error> {
    let (metadata, spec) = (&pod.metadata, pod.spec.as_ref());
    let value = match path {
        "metadata.name" => metadata.name.clone(),
        "metadata.namespace" => metadata.namespace.clone(),
        "metadata.uid" => metadata.uid.clone(),
        "spec.nodeName" => spec.and_then(|spec| spec.node_name.clone()),
        "spec.serviceAccountName" => spec.and_then(|spec| spec.service_account_name.clone()),
        "status.podIP" | "status.podIPs" => Some(addresses.pod.to_string()),
        "status.hostIP" | "status.hostIPs" => Some(addresses.host.to_string()),
        _ => return mapped_field(pod, path).ok_or_else(|| Error::UnknownField(path.to_owned())),
    };
    Ok(value.unwrap_or_default())
}

/// `metadata.labels['KEY']` and `metadata.annotations['KEY']`; a key that is not there is empty.
fn mapped_field(pod: &Pod, path: &str) -> Option<String> {
    let (map, key) = path.strip_suffix("']")?.split_once("['")?;
    let map = match map {
        "metadata.labels" => &pod.metadata.labels,
        "metadata.annotations" => &pod.metadata.annotations,
        _ => return None,
    };
    Some(map.as_ref().and_then(|map| map.get(key)).cloned().unwrap_or_default())
}

fn whole_source(from: &EnvFromSource) -> Option<(Source, bool)> {
    if let Some(map) = &from.config_map_ref {
        return Some((Source::ConfigMap(map.name.clone()), map.optional.unwrap_or_default()));
    }
    let secret = from.secret_ref.as_ref()?;
    Some((Source::Secret(secret.name.clone()), secret.optional.unwrap_or_default()))
}

fn keyed_source(from: &EnvVarSource) -> Option<(Source, String, bool)> {
    if let Some(key) = &from.config_map_key_ref {
        return Some((
            Source::ConfigMap(key.name.clone()),
            key.key.clone(),
            key.optional.unwrap_or_default(),
        ));
    }
    let key = from.secret_key_ref.as_ref()?;
    Some((
        Source::Secret(key.name.clone()),
        key.key.clone(),
        key.optional.unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ADDRESSES: Addresses = Addresses {
        pod: IpAddr::V4(std::net::Ipv4Addr::new(127, 77, 0, 2)),
        host: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
    };

    fn resolve_in(container: Value) -> Result<Variables, Error> {
        let pod = json!({
            "metadata": {"name": "elbow-1", "namespace": "elbow-system", "uid": "u-1", "labels": {"a/b": "label"}},
            "spec": {"nodeName": "node-1", "serviceAccountName": "elbow", "containers": []},
        });
        let map = Variables::from([("KEY".to_owned(), "mapped".to_owned())]);
        let sources = Sources::from([
            (Source::ConfigMap("map".to_owned()), map.clone()),
            (Source::Secret("safe".to_owned()), map),
        ]);
        let mut container = container;
        container["name"] = json!("elbow");
        resolve(
            &serde_json::from_value(pod).unwrap(),
            &serde_json::from_value(container).unwrap(),
            ADDRESSES,
            &sources,
        )
    }

    fn one(variable: Value) -> Result<Option<String>, Error> {
        let mut variable = variable;
        variable["name"] = json!("X");
        Ok(resolve_in(json!({"env": [{"name": "A", "value": "above"}, variable]}))?.remove("X"))
    }

    #[test]
    fn fields_of_the_pod_are_resolved() {
        let table = [
            ("metadata.name", "elbow-1"),
            ("metadata.namespace", "elbow-system"),
            ("metadata.uid", "u-1"),
            ("metadata.labels['a/b']", "label"),
            ("metadata.annotations['none']", ""),
            ("spec.nodeName", "node-1"),
            ("spec.serviceAccountName", "elbow"),
            ("status.podIP", "127.77.0.2"),
            ("status.hostIP", "127.0.0.1"),
        ];
        for (path, expected) in table {
            let value = one(json!({"valueFrom": {"fieldRef": {"fieldPath": path}}})).unwrap();
            assert_eq!(value.as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn values_refer_to_entries_above_them() {
        assert_eq!(
            one(json!({"value": "$(A)/$(X)"})).unwrap().as_deref(),
            Some("above/$(X)")
        );
        assert_eq!(one(json!({})).unwrap().as_deref(), Some(""));
    }

    #[test]
    fn keys_of_config_maps_and_secrets_are_resolved() {
        for reference in ["configMapKeyRef", "secretKeyRef"] {
            let name = if reference == "secretKeyRef" { "safe" } else { "map" };
            let value = one(json!({"valueFrom": {reference: {"name": name, "key": "KEY"}}})).unwrap();
            assert_eq!(value.as_deref(), Some("mapped"));
            let absent = one(json!({"valueFrom": {reference: {"name": "none", "key": "KEY", "optional": true}}}));
            assert_eq!(absent, Ok(None));
        }
    }

    #[test]
    fn env_wins_over_env_from() {
        let variables = resolve_in(json!({
            "envFrom": [{"configMapRef": {"name": "map"}}, {"prefix": "P_", "secretRef": {"name": "safe"}}],
            "env": [{"name": "KEY", "value": "own"}],
        }));
        let expected = [("KEY", "own"), ("P_KEY", "mapped")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables, Ok(Variables::from(expected)));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let map = Source::ConfigMap("map".to_owned());
        let none = Source::Secret("none".to_owned());
        let table = [
            (
                json!({"valueFrom": {"secretKeyRef": {"name": "none", "key": "K"}}}),
                Error::NoSource(none),
            ),
            (
                json!({"valueFrom": {"configMapKeyRef": {"name": "map", "key": "K"}}}),
                Error::NoKey {
                    source_name: map,
                    key: "K".to_owned(),
                },
            ),
            (
                json!({"valueFrom": {"fieldRef": {"fieldPath": "spec.replicas"}}}),
                Error::UnknownField("spec.replicas".to_owned()),
            ),
            (
                json!({"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}),
                Error::UnknownSource("X".to_owned()),
            ),
        ];
        for (variable, error) in table {
            assert_eq!(one(variable), Err(error));
        }
    }

    #[test]
    fn the_sources_of_a_container_are_known_before() {
        let container: Container = serde_json::from_value(json!({
            "name": "elbow",
            "envFrom": [{"configMapRef": {"name": "map"}}],
            "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "safe", "key": "K"}}}, {"name": "Y", "value": "y"}],
        }))
        .unwrap();
        let expected = [Source::ConfigMap("map".to_owned()), Source::Secret("safe".to_owned())];
        assert_eq!(sources_of(&container), BTreeSet::from(expected));
    }
}
