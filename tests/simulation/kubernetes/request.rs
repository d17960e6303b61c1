//! What a client asks for.

use http::{Method, Request};
use kube::client::Body;
use serde_json::Value;

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Event,
    Lease,
    Node,
    Service,
}

/// Which object; without a namespace where the kind has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Replace,
    /// A merge patch of the object.
    Patch,
    /// A server-side apply of its status.
    ApplyStatus,
}

/// A request, understood.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) verb: Verb,
    /// The name is empty where many are meant, the namespace where all are.
    pub(super) key: Key,
    query: Vec<(String, String)>,
    /// `null` if there is none.
    pub(super) body: Value,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Event, Self::Lease, Self::Node, Self::Service];

    pub(crate) fn key(self, namespace: &str, name: &str) -> Key {
        Key {
            kind: self,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Name, plural and group with version.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Event => ("Event", "events", "events.k8s.io/v1"),
            Self::Lease => ("Lease", "leases", "coordination.k8s.io/v1"),
            Self::Node => ("Node", "nodes", "v1"),
            Self::Service => ("Service", "services", "v1"),
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.names().0
    }

    pub(super) fn api_version(self) -> &'static str {
        self.names().2
    }

    fn of(plural: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.names().1 == plural)
            .expect("a kind that elbow uses")
    }
}

impl Verb {
    pub(crate) fn is_write(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

impl Asked {
    pub(super) async fn read(request: Request<Body>) -> Self {
        let (head, body) = request.into_parts();
        let body = body.collect_bytes().await.expect("a body in memory");
        let query = head.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let (key, status) = place(head.uri.path());
        let kind = head
            .headers
            .get("content-type")
            .map_or("", |kind| kind.to_str().unwrap());
        let watch = query.iter().any(|(key, value)| key == "watch" && value == "true");
        Self {
            verb: verb(&head.method, &key, kind, status, watch),
            key,
            query,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    pub(super) fn parameter(&self, key: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.parameter(key)?.parse().ok()
    }

    /// Tells it from others, and is the same in every run: names of events are made of the time.
    pub(super) fn title(&self) -> String {
        let Key { kind, namespace, name } = &self.key;
        let what = match kind {
            Kind::Event => format!("{} {}", self.body["regarding"]["name"], self.body["reason"]),
            _ => format!("{namespace}/{name}"),
        };
        format!("{:?} {kind:?} {what}", self.verb)
    }
}

/// The object that a path names, and whether its status is meant.
fn place(path: &str) -> (Key, bool) {
    let mut parts = path.split('/').skip(1).peekable();
    let groups = if parts.next() == Some("api") { 1 } else { 2 };
    let mut parts = parts.skip(groups).peekable();
    let namespace = match parts.next_if_eq(&"namespaces") {
        Some(_) => parts.next().unwrap_or_default(),
        None => "",
    };
    let kind = Kind::of(parts.next().unwrap_or_default());
    let name = parts.next().unwrap_or_default();
    (kind.key(namespace, name), parts.next() == Some("status"))
}

fn verb(method: &Method, key: &Key, content_type: &str, status: bool, watch: bool) -> Verb {
    match (method.as_str(), content_type, status) {
        ("GET", _, _) if watch => Verb::Watch,
        ("GET", _, _) if key.name.is_empty() => Verb::List,
        ("GET", _, _) => Verb::Get,
        ("POST", _, false) => Verb::Create,
        ("PUT", _, false) => Verb::Replace,
        ("PATCH", "application/merge-patch+json", false) => Verb::Patch,
        ("PATCH", "application/apply-patch+yaml", true) => Verb::ApplyStatus,
        _ => panic!("elbow does not ask so: {method} {key:?} {content_type} status: {status}"),
    }
}
