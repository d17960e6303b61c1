//! From raw annotations to those of the table: each key is known, fits the kind of load balancer, and is read once.

use std::collections::BTreeMap;
use std::fmt;

use crate::aws::stack::{ListenerProtocol, LoadBalancerKind};
use crate::service::Port;

use super::super::invalid::{Faults, quoted};
use super::keys::{FAMILY, KEYS, Key, PREFIX, REFUSED, Suffix};
use super::values::Refusal;

/// Reason of faults about keys.
const UNSUPPORTED: &str = "UnsupportedAnnotation";
/// Reason of faults about values.
const INVALID: &str = "InvalidAnnotation";

/// Longest value in bytes: 50 tags of the longest kind fit.
pub(super) const MAX_VALUE: usize = 32 * 1024;

/// Which listener a key with a suffix is about.
pub(in crate::aws::desired) type ListenerRef = (ListenerProtocol, Port);

/// The annotations of one Service that the table holds, and the faults found so far.
pub(super) struct Reader<'a> {
    given: Vec<Given<'a>>,
    faults: &'a mut Faults,
}

/// An annotation that the table holds.
struct Given<'a> {
    key: &'static Key,
    /// What follows the dot; empty of [`Suffix::None`].
    suffix: &'a str,
    value: &'a str,
}

impl<'a> Reader<'a> {
    /// Tells every key of ours that nobody reads, because it would be a wish that silently does not come true.
    pub(super) fn new(
        annotations: &'a BTreeMap<String, String>,
        kind: LoadBalancerKind,
        faults: &'a mut Faults,
    ) -> Self {
        let mut given = Vec::new();
        for (full, value) in annotations {
            let Some(name) = full.strip_prefix(PREFIX) else {
                continue;
            };
            match recognized(name, kind) {
                Ok((key, suffix)) => given.push(Given { key, suffix, value }),
                Err(Unread::Foreign) => {}
                Err(Unread::Known(why)) => faults.add(UNSUPPORTED, told(name, value, &why)),
                Err(Unread::Unknown) => {
                    let why = "is not supported; `elbow explain` lists all that are";
                    faults.add(UNSUPPORTED, told(name, value, why));
                }
            }
        }
        Self { given, faults }
    }

    /// None where the key is missing, or where its value is refused.
    pub(super) fn read<T>(&mut self, key: &Key, parse: impl Fn(&str) -> Result<T, Refusal>) -> Option<T> {
        self.family(key, |_| Some(()), parse).into_values().next()
    }

    /// The values of a key that ends with a port ([`Suffix::Port`]), by port. Whether the Service has the port is not
    /// judged here.
    pub(super) fn read_by_port<T>(
        &mut self,
        key: &Key,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> BTreeMap<Port, T> {
        self.family(key, port, parse)
    }

    /// The values of a key that ends with a listener ([`Suffix::Listener`]), by listener. Whether there is such a
    /// listener is not judged here.
    pub(super) fn read_by_listener<T>(
        &mut self,
        key: &Key,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> BTreeMap<ListenerRef, T> {
        self.family(key, listener, parse)
    }

    fn family<T, S: Ord>(
        &mut self,
        key: &Key,
        suffix: impl Fn(&str) -> Option<S>,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> BTreeMap<S, T> {
        let mut values = BTreeMap::new();
        for given in self.given.iter().filter(|given| given.key == key) {
            let parsed = if given.value.len() > MAX_VALUE {
                Err(format!("is longer than {MAX_VALUE} bytes"))
            } else {
                parse(given.value.trim())
            };
            match parsed {
                Ok(parsed) => drop(suffix(given.suffix).map(|suffix| values.insert(suffix, parsed))),
                Err(why) => self.faults.add_value_at(key, given.suffix, given.value, &why),
            }
        }
        values
    }
}

impl Faults {
    /// A refused value of an annotation; `why` may be empty.
    pub(in crate::aws::desired) fn add_value(&mut self, key: &Key, value: &str, why: &str) {
        self.add_value_at(key, "", value, why);
    }

    /// As [`Faults::add_value`], of a key with a suffix.
    pub(in crate::aws::desired) fn add_value_at(
        &mut self,
        key: &Key,
        suffix: impl fmt::Display,
        value: &str,
        why: &str,
    ) {
        let why = if why.is_empty() { "is not allowed" } else { why };
        let suffix = suffix.to_string();
        let dot = if suffix.is_empty() { "" } else { "." };
        self.add(
            INVALID,
            format!(
                "annotation {key}{dot}{suffix}: {} {why}; allowed: {}",
                quoted(value),
                key.allowed
            ),
        );
    }

    /// Two annotations that contradict each other.
    pub(in crate::aws::desired) fn add_conflict(&mut self, one: &Key, other: &Key, why: &str) {
        self.add(
            INVALID,
            format!("annotations {one} and {other} contradict each other: {why}"),
        );
    }
}

/// Why an annotation is not read.
enum Unread {
    /// It is not for AWS.
    Foreign,
    /// It is for AWS, and nothing is known of it.
    Unknown,
    /// It is for AWS, and this is why it cannot be had.
    Known(String),
}

/// The key in the table and the suffix of an annotation, `name` being what follows [`PREFIX`].
fn recognized(name: &str, kind: LoadBalancerKind) -> Result<(&'static Key, &str), Unread> {
    if let Some(refused) = REFUSED.iter().find(|refused| refused.name == name) {
        return Err(Unread::Known(format!("is not supported: {}", refused.why)));
    }
    let found = KEYS.iter().find_map(|key| Some((*key, suffix_of(name, key)?)));
    let Some((key, suffix)) = found else {
        let ours = name.starts_with(FAMILY) || name.starts_with(ACTIONS);
        return Err(if ours { Unread::Unknown } else { Unread::Foreign });
    };
    let sound = match key.suffix {
        Suffix::None => true,
        Suffix::Port => port(suffix).is_some(),
        Suffix::Listener => listener(suffix).is_some(),
    };
    if !sound {
        let why = format!("ends with {}, but must end with {}", quoted(suffix), key.suffix);
        return Err(Unread::Known(why));
    }
    if !key.kinds.include(kind) {
        let why = format!(
            "is for {} only, and the Service's class asks for another kind",
            key.kinds
        );
        return Err(Unread::Known(why));
    }
    Ok((key, suffix))
}

/// The one family of keys that does not begin with [`FAMILY`] and yet is for AWS only.
const ACTIONS: &str = "actions.";

/// What follows the key; none if this is another key.
fn suffix_of<'a>(name: &'a str, key: &Key) -> Option<&'a str> {
    let rest = name.strip_prefix(key.name)?;
    match key.suffix {
        Suffix::None => rest.is_empty().then_some(""),
        Suffix::Port | Suffix::Listener => rest.strip_prefix('.'),
    }
}

fn port(suffix: &str) -> Option<Port> {
    let digits = suffix.bytes().all(|byte| byte.is_ascii_digit()) && !suffix.starts_with('0');
    suffix.parse().ok().filter(|_| digits)
}

/// `TCP-80`, with the protocol in any case.
fn listener(suffix: &str) -> Option<ListenerRef> {
    let (protocol, number) = suffix.rsplit_once('-')?;
    let protocol = match protocol.to_ascii_uppercase().as_str() {
        "TCP" => ListenerProtocol::Tcp,
        "UDP" => ListenerProtocol::Udp,
        "TCP_UDP" => ListenerProtocol::TcpUdp,
        "TLS" => ListenerProtocol::Tls,
        "HTTP" => ListenerProtocol::Http,
        "HTTPS" => ListenerProtocol::Https,
        _ => return None,
    };
    Some((protocol, port(number)?))
}

/// Kubernetes bounds the name of an annotation, which has room in a message.
fn told(name: &str, value: &str, why: &str) -> String {
    let full = quoted(name).replacen('`', &format!("`{PREFIX}"), 1);
    format!("annotation {full} (value {}) {why}", quoted(value))
}
