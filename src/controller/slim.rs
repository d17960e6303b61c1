//! Lists and watches that hold little memory: small pages, and of each object only what somebody here reads.

use kube::ResourceExt;
use kube::runtime::watcher::Config;

/// Objects of one page of a list: a page is in memory as a whole, as text and parsed, and a node's object lists some fifty
/// images. kube's own default is 500.
const PAGE: u32 = 50;
/// Where `kubectl apply` keeps a copy of the whole manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How objects are listed and watched.
#[must_use]
pub fn config() -> Config {
    Config::default().page_size(PAGE)
}

/// Drops what nobody here reads, and what would be most of an object: who set which field, and kubectl's copy of it.
pub fn slim<K: ResourceExt>(object: &mut K) {
    object.managed_fields_mut().clear();
    object.annotations_mut().remove(LAST_APPLIED);
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn bookkeeping_goes_and_declarations_stay() {
        let mut service: Service = from_value(json!({"metadata": {
            "name": "web",
            "annotations": {"a": "b", LAST_APPLIED: "{}"},
            "managedFields": [{"manager": "kubectl"}],
        }}))
        .unwrap();
        slim(&mut service);
        assert_eq!(service.managed_fields(), []);
        assert_eq!(service.annotations().keys().collect::<Vec<_>>(), ["a"]);
    }
}
