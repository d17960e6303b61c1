//! The whole configuration, as data that two moments can be compared by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::action::Place;
use super::files::Files;
use super::{backend, frontend};
use crate::data_plane::Picture;
use crate::data_plane::model::{Listener, ListenerProtocol, LoadBalancer, TargetGroup};

/// Before any section of a load balancer. A failed connection is not tried again, and there is no limit to how long a
/// connection lasts but this: an old worker ends when its last connection does, or after 30 minutes.
const PREAMBLE: &str = "\
global
  hard-stop-after 30m
  nbthread 2
  tune.ssl.default-dh-param 2048
defaults
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  retries 0
";

/// A section of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    kind: &'static str,
    name: String,
    lines: Vec<String>,
    pub(super) servers: Vec<Server>,
}

/// A server of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) name: String,
    /// The address with what follows it.
    pub(super) line: String,
    /// Whether it gets requests.
    pub(super) enabled: bool,
}

impl Section {
    pub(super) fn new(kind: &'static str, name: String) -> Self {
        Self {
            kind,
            name,
            lines: Vec::new(),
            servers: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, line: String) {
        self.lines.push(line);
    }

    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }

    fn is_same_but_for_states(&self, other: &Self) -> bool {
        let unstated = |section: &Self| {
            let mut section = section.clone();
            section.servers.iter_mut().for_each(|server| server.enabled = false);
            section
        };
        unstated(self) == unstated(other)
    }
}

/// What HAProxy is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    sections: Vec<Section>,
}

/// The state of a server that is to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `BACKEND/SERVER`.
    pub server: String,
    /// Whether it gets requests from now on.
    pub enabled: bool,
}

impl Configuration {
    /// The configuration for all proxied listeners. The files of certificates must be there before it comes into force.
    #[must_use]
    pub fn of(picture: &Picture, files: &Files) -> Self {
        let balancers = picture.model.load_balancers.iter();
        Self {
            sections: balancers
                .flat_map(|balancer| sections(picture, balancer, files))
                .collect(),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = PREAMBLE.to_owned();
        for section in &self.sections {
            let lines = section.lines.iter().map(|line| format!("  {line}\n"));
            let servers = section.servers.iter().map(|server| {
                let state = if server.enabled { "" } else { " disabled" };
                format!("  server {} {}{state}\n", server.name, server.line)
            });
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "{} {}\n{}{}",
                section.kind,
                section.name,
                lines.collect::<String>(),
                servers.collect::<String>()
            );
        }
        text
    }

    /// Whether a process that runs with `current` can be made to do as this configuration says without another worker, because
    /// only states of servers differ.
    #[must_use]
    pub fn is_same_but_for_states(&self, current: &Self) -> bool {
        let mut pairs = self.sections.iter().zip(&current.sections);
        self.sections.len() == current.sections.len() && pairs.all(|(new, old)| new.is_same_but_for_states(old))
    }

    /// The servers whose states differ from those in `current`; one that is not there gets no requests.
    #[must_use]
    pub fn changes(&self, current: &Self) -> Vec<Change> {
        let (new, old) = (self.enabled(), current.enabled());
        let change = |server: &String| Change {
            server: server.clone(),
            enabled: new.contains(server),
        };
        new.symmetric_difference(&old).map(change).collect()
    }

    /// The servers that get requests, as `BACKEND/SERVER`.
    fn enabled(&self) -> BTreeSet<String> {
        let named = |section: &Section, server: &Server| format!("{}/{}", section.name, server.name);
        let sections = self.sections.iter();
        let enabled = sections.flat_map(|section| {
            let servers = section.servers.iter().filter(|server| server.enabled);
            servers.map(move |server| named(section, server))
        });
        enabled.collect()
    }
}

fn sections(picture: &Picture, balancer: &LoadBalancer, files: &Files) -> Vec<Section> {
    // HAProxy has no UDP.
    let is_ours =
        |listener: &&Listener| listener.protocol != ListenerProtocol::Udp && picture.model.is_proxied(listener);
    let proxied = || balancer.listeners.iter().filter(is_ours);
    let groups: BTreeMap<&str, &TargetGroup> = proxied()
        .flat_map(|listener| picture.model.groups_of(listener))
        .map(|group| (group.arn.as_str(), group))
        .collect();
    let mut sections = Vec::new();
    for (zone, at) in picture.addresses.zones(balancer) {
        for listener in proxied() {
            let place = Place {
                model: &picture.model,
                balancer,
                zone,
                listener,
            };
            sections.push(frontend::section(place, at, files));
        }
        sections.extend(
            groups
                .values()
                .map(|group| backend::section(picture, balancer, zone, at, group)),
        );
    }
    sections
}
