//! What a rule does, in HAProxy's terms. The number of the rule that won is in a variable; so is the backend it chose.

use std::time::Duration;

use super::names;
use super::word::{literal, word};
use crate::data_plane::Model;
use crate::data_plane::model::{
    Action, Listener, ListenerProtocol, LoadBalancer, Redirect, TargetGroup, Weighted, Zone,
};

/// The variable that holds the number of the rule that won; 0 is the default action.
pub(super) const RULE: &str = "txn.rule";

/// The variable that holds the name of the chosen backend.
pub(super) const BACKEND: &str = "txn.backend";

/// The variable that holds a random number, for choosing by weight.
const SHARE: &str = "txn.share";

/// The cookie that keeps a client with its target group (Application Load Balancer guide, "Sticky sessions").
const GROUP_COOKIE: &str = "AWSALBTG";

/// Where an action stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) model: &'a Model,
    pub(super) balancer: &'a LoadBalancer,
    pub(super) zone: &'a Zone,
    pub(super) listener: &'a Listener,
}

/// The lines for the action of the rule of that number.
pub(super) fn lines(place: Place<'_>, number: usize, action: &Action) -> Vec<String> {
    let won = format!("{{ var({RULE}) -m int {number} }}");
    match action {
        Action::Forward { groups, stickiness } => forward(place, &won, groups, *stickiness),
        Action::Redirect(redirect) => redirects(place.listener, &won, redirect),
        Action::Respond {
            status,
            content_type,
            body,
        } => vec![respond(&won, *status, content_type, body)],
    }
}

/// Without a target group that takes requests none is chosen, and the frontend's last resort answers.
fn forward(place: Place<'_>, won: &str, groups: &[Weighted], stickiness: Option<Duration>) -> Vec<String> {
    let known = |weighted: &Weighted| {
        let group: &TargetGroup = place.model.target_groups.get(&weighted.arn)?;
        Some((
            names::backend(place.balancer, place.zone, group),
            weighted.weight,
            group.name.clone(),
        ))
    };
    let taking: Vec<_> = groups
        .iter()
        .filter(|group| group.weight > 0)
        .filter_map(known)
        .collect();
    let open = format!("{won} !{{ var({BACKEND}) -m found }}");
    let mut lines = Vec::new();
    if stickiness.is_some() {
        for (backend, _, group) in &taking {
            let stays = format!("{won} {{ req.cook({GROUP_COOKIE}) -m str -- {group} }}");
            lines.push(format!("http-request set-var({BACKEND}) str({backend}) if {stays}"));
        }
    }
    let sum: u32 = taking.iter().map(|(_, weight, _)| weight).sum();
    if taking.len() > 1 {
        lines.push(format!("http-request set-var({SHARE}) rand({sum}) if {won}"));
    }
    let mut below = 0;
    for (backend, weight, _) in &taking {
        below += weight;
        let share = if below == sum {
            String::new()
        } else {
            format!(" {{ var({SHARE}) -m int lt {below} }}")
        };
        lines.push(format!(
            "http-request set-var({BACKEND}) str({backend}) if {open}{share}"
        ));
    }
    for (backend, _, group) in stickiness.iter().flat_map(|_| &taking) {
        let seconds = stickiness.unwrap_or_default().as_secs();
        let cookie = word(&format!("{GROUP_COOKIE}={group}; Path=/; Max-Age={seconds}"));
        let chosen = format!("{won} {{ var({BACKEND}) -m str -- {backend} }}");
        lines.push(format!("http-response add-header Set-Cookie {cookie} if {chosen}"));
    }
    lines
}

/// AWS names the port in the answer even where it is the protocol's own.
fn redirects(listener: &Listener, won: &str, redirect: &Redirect) -> Vec<String> {
    let part = |text: &str| filled(listener, text);
    let protocol = part(&redirect.protocol.to_ascii_lowercase());
    let base = format!(
        "{protocol}://{}:{}{}",
        part(&redirect.host),
        part(&redirect.port),
        part(&redirect.path)
    );
    let line = |location: &str, condition: &str| {
        format!(
            "http-request redirect location {location} code {} if {condition}",
            redirect.status
        )
    };
    let with_query = format!("{base}?{}", part(&redirect.query));
    match redirect.query.as_str() {
        "" => vec![line(&base, won)],
        // A request without a query is sent on without one.
        "#{query}" => {
            let has_query = "{ query -m found }";
            vec![
                line(&with_query, &format!("{won} {has_query}")),
                line(&base, &format!("{won} !{has_query}")),
            ]
        }
        _ => vec![line(&with_query, won)],
    }
}

/// The text as a log format, with what the placeholders stand for.
fn filled(listener: &Listener, text: &str) -> String {
    let protocol = if listener.protocol == ListenerProtocol::Https {
        "https"
    } else {
        "http"
    };
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("#{") {
        let (name, later) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(&literal(before));
        filled.push_str(&match name {
            "protocol" => protocol.to_owned(),
            "host" => format!("%[var({})]", super::condition::HOST),
            "port" => listener.port.to_string(),
            "path" => "%[path,regsub(^/,)]".to_owned(),
            "query" => "%[query]".to_owned(),
            other => literal(&format!("#{{{other}}}")),
        });
        rest = later;
    }
    filled + &literal(rest)
}

fn respond(won: &str, status: u16, content_type: &str, body: &str) -> String {
    let content = if body.is_empty() {
        String::new()
    } else {
        let kind = if content_type.is_empty() {
            "text/plain"
        } else {
            content_type
        };
        format!(" content-type {} string {}", word(kind), word(body))
    };
    format!("http-request return status {status}{content} if {won}")
}
