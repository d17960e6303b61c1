//! Reads Services from manifests.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Service;
use serde_json::Value;

/// What manifests hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifests {
    /// Their Services, in order.
    pub services: Vec<Service>,
    /// How many other objects there are, by kind.
    pub passed_over: BTreeMap<String, usize>,
}

/// A manifest that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is no such file, or it may not be read.
    #[error("cannot read {0}")]
    File(String, #[source] std::io::Error),
    /// It is not YAML.
    #[error("{0} is not YAML")]
    Yaml(String, #[source] Box<serde_saphyr::Error>),
    /// A document of it is no object of Kubernetes.
    #[error("{0}: document {1} has no kind: it is no object of Kubernetes")]
    NoObject(String, usize),
    /// A Service has a field of another type than Kubernetes has.
    #[error("{0}: Service {1} cannot be read")]
    Service(String, String, #[source] serde_json::Error),
}

impl Manifests {
    /// Reads these files, of which `-` is standard input.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(paths: &[PathBuf]) -> Result<Self, Unreadable> {
        let mut read = Self::default();
        for path in paths {
            let name = path.display().to_string();
            let text = text(path).map_err(|error| Unreadable::File(name.clone(), error))?;
            read.add(&name, &text)?;
        }
        Ok(read)
    }

    /// Adds the documents of one file.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), Unreadable> {
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(text).map_err(|error| Unreadable::Yaml(name.to_owned(), error.into()))?;
        for (index, document) in documents.into_iter().enumerate() {
            self.add_object(name, index.saturating_add(1), document)?;
        }
        Ok(())
    }

    fn add_object(&mut self, name: &str, number: usize, mut object: Value) -> Result<(), Unreadable> {
        if object.is_null() {
            return Ok(());
        }
        let kind = object.get("kind").and_then(Value::as_str).map(str::to_owned);
        let kind = kind.ok_or_else(|| Unreadable::NoObject(name.to_owned(), number))?;
        let is_core = object.get("apiVersion").and_then(Value::as_str) == Some("v1");
        if let Some(Value::Array(items)) = object.get_mut("items").map(Value::take)
            && kind.ends_with("List")
        {
            for mut item in items {
                complete_item(&mut item, &kind, &object);
                self.add_object(name, number, item)?;
            }
        } else if kind == "Service" && is_core {
            let of = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let service = serde_json::from_value(object);
            let service = service.map_err(|error| Unreadable::Service(name.to_owned(), of, error))?;
            self.services.push(service);
        } else {
            let count = self.passed_over.entry(kind).or_default();
            *count = count.saturating_add(1);
        }
        Ok(())
    }

    /// The same, with this namespace where a Service names none.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        for service in &mut self.services {
            service.metadata.namespace.get_or_insert_with(|| namespace.to_owned());
        }
        self
    }
}

/// Items of a typed list, such as of ServiceList, need not say what they are.
fn complete_item(item: &mut Value, list: &str, parent: &Value) {
    let Some(fields) = item.as_object_mut() else { return };
    let kind = list.trim_end_matches("List");
    if !kind.is_empty() {
        fields.entry("kind").or_insert_with(|| kind.into());
        let version = parent.get("apiVersion").cloned().unwrap_or_default();
        fields.entry("apiVersion").or_insert(version);
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        Ok(text)
    } else {
        std::fs::read_to_string(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifests, Unreadable> {
        let mut read = Manifests::default();
        read.add("file", text).map(|()| read)
    }

    fn names(manifests: &Manifests) -> Vec<String> {
        let names = manifests.services.iter().map(|service| service.metadata.name.clone());
        names.flatten().collect()
    }

    #[test]
    fn services_are_found_in_documents_and_lists_and_all_else_is_counted() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n---\n# nothing\n---\napiVersion: v1\nkind: List\n\
            items:\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n- {apiVersion: v1, kind: ConfigMap}\n---\n\
            apiVersion: v1\nkind: ServiceList\nitems: [{metadata: {name: c}}]\n---\n\
            {apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: d}}\n";
        let found = read(text).unwrap();
        assert_eq!(names(&found), ["a", "b", "c"]);
        let counts: BTreeMap<String, usize> = [("ConfigMap".to_owned(), 1), ("Service".to_owned(), 1)].into();
        assert_eq!(found.passed_over, counts);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert!(matches!(read("{"), Err(Unreadable::Yaml(..))));
        assert!(matches!(read("a: 1"), Err(Unreadable::NoObject(_, 1))));
        let wrong = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: 80}}";
        assert!(matches!(read(wrong), Err(Unreadable::Service(_, name, _)) if name == "a"));
        let missing = Manifests::read(&[PathBuf::from("/nowhere/at-all.yaml")]);
        assert!(matches!(missing, Err(Unreadable::File(..))));
    }

    #[test]
    fn a_namespace_is_given_only_where_there_is_none() {
        let text = "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: own}}\n---\n\
            {apiVersion: v1, kind: Service, metadata: {name: b}}";
        let services = read(text).unwrap().in_namespace("shop").services;
        let namespaces: Vec<_> = services
            .iter()
            .map(|service| service.metadata.namespace.as_deref())
            .collect();
        assert_eq!(namespaces, [Some("own"), Some("shop")]);
    }
}
