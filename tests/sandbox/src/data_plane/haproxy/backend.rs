//! A target group behind one zone of a load balancer.

use sha2::{Digest as _, Sha256};

use super::configuration::{Section, Server};
use super::names;
use crate::data_plane::addresses::ZoneAddress;
use crate::data_plane::model::{Kind, LoadBalancer, Target, TargetGroup, TargetProtocol, Version, Zone};
use crate::data_plane::{Picture, routing};

/// The backend; its servers are all targets that the zone may send to, and those in force get requests.
pub(super) fn section(
    picture: &Picture,
    balancer: &LoadBalancer,
    zone: &Zone,
    at: ZoneAddress,
    group: &TargetGroup,
) -> Section {
    let mut section = Section::new("backend", names::backend(balancer, zone, group));
    // All connections to targets come from here; what the security groups say of the load balancer is about this address.
    section.push(format!("source {}", at.private));
    section.extend(match balancer.kind {
        Kind::Network => tcp(group),
        Kind::Application => http(balancer, group),
    });
    let taking = routing::destinations(picture, balancer, zone, group);
    for target in &group.targets {
        let Some(address) = target.address else { continue };
        section.servers.push(Server {
            name: target.key(),
            line: format!("{address}:{}{}", target.port, options(balancer, group, target)),
            enabled: taking.contains(&target),
        });
    }
    section
}

fn tcp(group: &TargetGroup) -> Vec<String> {
    let mut lines = vec![
        "mode tcp".to_owned(),
        "option srvtcpka".to_owned(),
        "timeout server 350s".to_owned(),
    ];
    let sticky = group.attributes.is_on("stickiness.enabled");
    lines.extend(match sticky {
        true => vec!["balance source".to_owned(), "hash-type consistent".to_owned()],
        false => vec!["balance random".to_owned()],
    });
    lines
}

fn http(balancer: &LoadBalancer, group: &TargetGroup) -> Vec<String> {
    let seconds = balancer.attributes.number("idle_timeout.timeout_seconds").unwrap_or(60);
    let balance = match group.attributes.text("load_balancing.algorithm.type") {
        "least_outstanding_requests" => "leastconn",
        "weighted_random" => "random",
        _ => "roundrobin",
    };
    let mut lines = vec![
        "mode http".to_owned(),
        format!("timeout server {seconds}s"),
        format!("balance {balance}"),
    ];
    lines.extend(
        unfit(group.version)
            .iter()
            .map(|unfit| format!("http-request return status 464 if {unfit}")),
    );
    if is_sticky(group) {
        // The duration counts anew with each answer; the cookie itself lasts a week (Application Load Balancer guide,
        // "Duration-based stickiness").
        let seconds = group
            .attributes
            .number("stickiness.lb_cookie.duration_seconds")
            .unwrap_or(86_400);
        lines.push(format!("cookie AWSALB insert maxidle {seconds}s attr Max-Age=604800"));
    }
    lines
}

/// Requests that the version of a target group cannot carry (Application Load Balancer guide, "HTTP 464").
fn unfit(version: Version) -> &'static [&'static str] {
    match version {
        Version::Http1 => &["{ req.hdr(content-type) -m beg application/grpc }"],
        Version::Http2 => &["{ fc_http_major 1 }"],
        Version::Grpc => &["{ fc_http_major 1 }", "!{ method POST }"],
    }
}

fn is_sticky(group: &TargetGroup) -> bool {
    group.attributes.is_on("stickiness.enabled") && group.attributes.text("stickiness.type") == "lb_cookie"
}

/// What follows the address of a server. Certificates of targets are not verified, as by AWS.
fn options(balancer: &LoadBalancer, group: &TargetGroup, target: &Target) -> String {
    let is_secure = matches!(group.protocol, TargetProtocol::Tls | TargetProtocol::Https);
    let speaks_http = balancer.kind == Kind::Application;
    let mut options = String::new();
    if group.attributes.is_on("proxy_protocol_v2.enabled") {
        options.push_str(" send-proxy-v2");
    }
    options.push_str(match (is_secure, speaks_http, group.version) {
        (true, true, Version::Http1) => " ssl verify none alpn http/1.1",
        (true, true, Version::Http2 | Version::Grpc) => " ssl verify none alpn h2",
        (true, false, _) => " ssl verify none",
        (false, _, Version::Http1) => "",
        (false, _, Version::Http2 | Version::Grpc) => " proto h2",
    });
    if is_sticky(group) {
        options.push_str(&format!(" cookie {}", secret(group, target)));
    }
    options
}

/// What stands for a target in a cookie; a client cannot read it.
fn secret(group: &TargetGroup, target: &Target) -> String {
    let hash = Sha256::digest(format!("{}/{}", group.arn, target.key()));
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
