//! Attributes of listeners.

use crate::aws::stack::{Attributes, ListenerProtocol};

use super::super::annotations::{ListenerRef, keys};
use super::super::invalid::Faults;
use super::table::{HTTP_LISTENER, HTTPS_LISTENER, Row, TCP_LISTENER};
use super::{checked, defaults};

/// AWS' default of an attribute of a listener; none if it is not known, as for protocols whose listeners have none.
#[must_use]
pub fn listener_default(protocol: ListenerProtocol, key: &str) -> Option<&'static str> {
    rows(protocol).find(|row| row.key == key)?.default
}

/// All attributes of a listener.
pub(in crate::aws::desired) fn of_listener(
    listener: ListenerRef,
    asked: Option<&Attributes>,
    faults: &mut Faults,
) -> Attributes {
    let (protocol, port) = listener;
    let mut attributes = defaults(rows(protocol), |row| row.default);
    let suffix = format!("{protocol}-{port}");
    let none = rows(protocol).next().is_none();
    attributes.extend(checked(
        asked.unwrap_or(&Attributes::new()),
        rows(protocol),
        |pair, why| {
            let none = none.then(|| format!("cannot be: AWS has no attributes of {protocol} listeners"));
            faults.add_value_at(
                &keys::LISTENER_ATTRIBUTES,
                &suffix,
                pair,
                none.as_deref().unwrap_or(why),
            );
        },
    ));
    attributes
}

fn rows(protocol: ListenerProtocol) -> impl Iterator<Item = &'static Row> + Clone {
    let (some, others): (&[Row], &[Row]) = match protocol {
        ListenerProtocol::Tcp => (TCP_LISTENER, &[]),
        ListenerProtocol::Http => (HTTP_LISTENER, &[]),
        ListenerProtocol::Https => (HTTP_LISTENER, HTTPS_LISTENER),
        ListenerProtocol::Tls | ListenerProtocol::Udp | ListenerProtocol::TcpUdp => (&[], &[]),
    };
    some.iter().chain(others)
}
