//! A listener in one zone.

use std::collections::BTreeSet;

use super::action::{self, BACKEND, Place, RULE};
use super::condition::{HOST, list};
use super::configuration::Section;
use super::files::Files;
use super::{headers, names, tls};
use crate::data_plane::addresses::ZoneAddress;
use crate::data_plane::model::{Kind, ListenerProtocol};

/// The frontend of a listener at the addresses of a zone.
pub(super) fn section(place: Place<'_>, at: ZoneAddress, files: &Files) -> Section {
    let mut section = Section::new("frontend", names::frontend(place.balancer, place.zone, place.listener));
    let options = tls::options(place.balancer, place.listener, files);
    // AWS speaks HTTP/2 with clients over TLS only.
    let clear = if place.listener.protocol == ListenerProtocol::Http {
        " proto h1"
    } else {
        ""
    };
    for address in at.all() {
        section.push(format!("bind {address}:{}{options}{clear}", place.listener.port));
    }
    match place.balancer.kind {
        Kind::Network => tcp(place, &mut section),
        Kind::Application => http(place, &mut section),
    }
    section
}

fn tcp(place: Place<'_>, section: &mut Section) {
    // A TLS listener's timeout is fixed (Network Load Balancer guide, "Connection idle timeout").
    let seconds = place
        .listener
        .attributes
        .number("tcp.idle_timeout.seconds")
        .unwrap_or(350);
    section.push("mode tcp".to_owned());
    section.push("option clitcpka".to_owned());
    section.push(format!("timeout client {seconds}s"));
    let groups = place.model.groups_of(place.listener).next();
    let backend = groups.map(|group| names::backend(place.balancer, place.zone, group));
    section.extend(backend.map(|backend| format!("default_backend {backend}")));
}

fn http(place: Place<'_>, section: &mut Section) {
    let seconds = place
        .balancer
        .attributes
        .number("idle_timeout.timeout_seconds")
        .unwrap_or(60);
    section.push("mode http".to_owned());
    section.push(format!("timeout client {seconds}s"));
    // A reload closes idle connections of clients only after one more answer, which says so.
    section.push("option idle-close-on-response".to_owned());
    section.push(format!("http-request set-var({HOST}) req.fhdr(host),field(1,:),lower"));
    let rules = || place.listener.rules.iter().zip(1_usize..);
    let open = format!("!{{ var({RULE}) -m found }}");
    for (rule, number) in rules() {
        let lists: Vec<String> = rule.conditions.iter().map(list).collect();
        section.push(format!(
            "http-request set-var({RULE}) int({number}) if {open} {}",
            lists.join(" ")
        ));
    }
    section.push(format!("http-request set-var({RULE}) int(0) if {open}"));
    for (rule, number) in rules() {
        section.extend(action::lines(place, number, &rule.action));
    }
    section.extend(action::lines(place, 0, &place.listener.default_action));
    section.extend(headers::lines(place.balancer, place.listener));
    let groups = place.model.groups_of(place.listener);
    let backends: BTreeSet<String> = groups
        .map(|group| names::backend(place.balancer, place.zone, group))
        .collect();
    section.extend(
        backends
            .into_iter()
            .map(|name| format!("use_backend {name} if {{ var({BACKEND}) -m str -- {name} }}")),
    );
    // Without a backend HAProxy answers 503, as AWS does when no target is registered.
}
