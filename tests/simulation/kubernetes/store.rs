//! The objects, and the history of their changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::request::{Key, Kind};

/// No object's age matters here.
const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// All objects.
#[derive(Debug, Default)]
pub(crate) struct Store {
    objects: BTreeMap<Key, Value>,
    /// The version of the last change, of whatever object.
    pub(crate) version: u64,
    /// Watches may begin from here on.
    pub(super) oldest: u64,
    pub(super) history: Vec<Change>,
    /// How many objects of each name were made.
    made: BTreeMap<Key, u64>,
    /// What the manager of the statuses has applied: does it own the ingress, and which conditions.
    applied: BTreeMap<Key, Applied>,
    /// The rest of lists that are read page by page.
    pub(super) pages: BTreeMap<String, Page>,
}

/// A change of an object.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) at: Instant,
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub(super) what: &'static str,
    pub(super) key: Key,
    pub(super) object: Value,
}

#[derive(Debug, Default)]
struct Applied {
    ingress: bool,
    conditions: BTreeSet<String>,
}

/// What is left of a list, as it was when its first page was read.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) version: u64,
    pub(super) items: Vec<Value>,
}

/// An answer that says no.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

pub(super) type Answer = Result<Value, Refusal>;

pub(super) fn refuse<T>(code: u16, reason: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        code,
        reason,
        message: message.into(),
    })
}

impl Store {
    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key)
    }

    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &Value> {
        let mine = self.objects.iter().filter(move |(key, _)| key.kind == kind);
        mine.map(|(_, object)| object)
    }

    /// What objects have looked like after each change since.
    pub(crate) fn versions_since(&self, version: u64, kind: Kind) -> impl Iterator<Item = &Value> {
        let since = self.changes_since(version);
        since
            .filter(move |change| change.key.kind == kind)
            .map(|change| &change.object)
    }

    pub(super) fn changes_since(&self, version: u64) -> impl Iterator<Item = &Change> {
        let start = self.history.partition_point(|change| change.version <= version);
        self.history.iter().skip(start)
    }

    pub(super) fn found(&self, key: &Key) -> Answer {
        match self.objects.get(key) {
            Some(object) => Ok(object.clone()),
            None => refuse(404, "NotFound", format!("{key:?} not found")),
        }
    }

    pub(super) fn create(&mut self, key: &Key, mut object: Value) -> Answer {
        if self.objects.contains_key(key) {
            return refuse(409, "AlreadyExists", format!("{key:?} already exists"));
        }
        let made = self.made.entry(key.clone()).or_default();
        *made += 1;
        let made = *made;
        object["apiVersion"] = json!(key.kind.api_version());
        object["kind"] = json!(key.kind.name());
        let metadata = &mut object["metadata"];
        metadata["name"] = json!(key.name);
        if !key.namespace.is_empty() {
            metadata["namespace"] = json!(key.namespace);
        }
        metadata["creationTimestamp"] = json!(LONG_AGO);
        if metadata["uid"].is_null() {
            metadata["uid"] = json!(format!("uid-{}-{made}", key.name));
        }
        Ok(self.put("ADDED", key, object))
    }

    /// Replaces an object, if its version is still the one that the new one names.
    pub(super) fn replace(&mut self, key: &Key, object: Value) -> Answer {
        let known = self.found(key)?;
        check_precondition(&known, &object, "resourceVersion")?;
        check_precondition(&known, &object, "uid")?;
        self.update(key, object)
    }

    /// A merge patch; its UID and resource version are preconditions.
    pub(super) fn patch(&mut self, key: &Key, patch: &Value) -> Answer {
        let known = self.found(key)?;
        check_precondition(&known, patch, "uid")?;
        check_precondition(&known, patch, "resourceVersion")?;
        let mut object = known;
        merge(&mut object, patch);
        self.update(key, object)
    }

    /// Server-side apply by the one manager of statuses: what it has applied before and leaves out now goes.
    pub(super) fn apply_status(&mut self, key: &Key, patch: &Value) -> Answer {
        let mut object = self.found(key)?;
        check_precondition(&object, patch, "uid")?;
        let owned = self.applied.remove(key).unwrap_or_default();
        let ingress = &patch["status"]["loadBalancer"]["ingress"];
        let conditions = patch["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let kinds: BTreeSet<String> = conditions.iter().map(condition_type).collect();
        let status = &mut object["status"];
        if !ingress.is_null() {
            status["loadBalancer"] = json!({"ingress": ingress});
        } else if owned.ingress {
            status["loadBalancer"] = json!({});
        }
        let mut all = status["conditions"].as_array().cloned().unwrap_or_default();
        all.retain(|known| {
            let kind = condition_type(known);
            !owned.conditions.contains(&kind) && !kinds.contains(&kind)
        });
        all.extend(conditions);
        status["conditions"] = json!(all);
        let applied = Applied {
            ingress: !ingress.is_null(),
            conditions: kinds,
        };
        self.applied.insert(key.clone(), applied);
        self.update(key, object)
    }

    /// Deletes an object, or says that it is to go where finalizers hold it.
    pub(super) fn delete(&mut self, key: &Key) -> Answer {
        let mut object = self.found(key)?;
        if finalizers(&object).is_empty() {
            return Ok(self.remove(key, object));
        }
        object["metadata"]["deletionTimestamp"] = json!(LONG_AGO);
        self.update(key, object)
    }

    /// Puts an object in the place of what is known; the same again is no change.
    pub(super) fn update(&mut self, key: &Key, mut object: Value) -> Answer {
        let known = self.found(key)?;
        let doomed = known["metadata"].get("deletionTimestamp").is_some();
        let held = finalizers(&known);
        if doomed && finalizers(&object).iter().any(|name| !held.contains(name)) {
            return refuse(
                422,
                "Invalid",
                "no new finalizers can be added if the object is being deleted",
            );
        }
        for field in ["uid", "resourceVersion", "creationTimestamp"] {
            object["metadata"][field] = known["metadata"][field].clone();
        }
        if object == known {
            return Ok(known);
        }
        if doomed && finalizers(&object).is_empty() {
            return Ok(self.remove(key, object));
        }
        Ok(self.put("MODIFIED", key, object))
    }

    fn put(&mut self, what: &'static str, key: &Key, object: Value) -> Value {
        let object = self.record(what, key, object);
        self.objects.insert(key.clone(), object.clone());
        object
    }

    fn remove(&mut self, key: &Key, object: Value) -> Value {
        self.objects.remove(key);
        self.applied.remove(key);
        self.record("DELETED", key, object)
    }

    fn record(&mut self, what: &'static str, key: &Key, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.history.push(Change {
            version: self.version,
            at: Instant::now(),
            what,
            key: key.clone(),
            object: object.clone(),
        });
        object
    }
}

pub(super) fn finalizers(object: &Value) -> Vec<String> {
    let names = object["metadata"]["finalizers"].as_array();
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

fn condition_type(condition: &Value) -> String {
    condition["type"].as_str().unwrap_or_default().to_owned()
}

fn check_precondition(known: &Value, wanted: &Value, field: &str) -> Result<(), Refusal> {
    let wanted = &wanted["metadata"][field];
    if wanted.is_null() || *wanted == known["metadata"][field] {
        return Ok(());
    }
    refuse(
        409,
        "Conflict",
        format!("the object has been modified: {field} is not {wanted}"),
    )
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in fields {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut target[key], value);
        }
    }
}
