//! The headers that tell a target about the client (Application Load Balancer guide, "X-Forwarded headers").

use crate::data_plane::model::{Listener, ListenerProtocol, LoadBalancer};

/// Whether the request came with the header.
const FORWARDED: &str = "{ req.hdr(X-Forwarded-For) -m found }";

/// The lines of a frontend.
pub(super) fn lines(balancer: &LoadBalancer, listener: &Listener) -> Vec<String> {
    let protocol = if listener.protocol == ListenerProtocol::Https {
        "https"
    } else {
        "http"
    };
    let mut lines = forwarded_for(balancer);
    lines.push(format!("http-request set-header X-Forwarded-Proto {protocol}"));
    lines.push(format!("http-request set-header X-Forwarded-Port {}", listener.port));
    let is_on = |key| balancer.attributes.is_on(key);
    if listener.protocol == ListenerProtocol::Https && is_on("routing.http.x_amzn_tls_version_and_cipher_suite.enabled")
    {
        lines.push("http-request set-header X-Amzn-Tls-Version %[ssl_fc_protocol]".to_owned());
        lines.push("http-request set-header X-Amzn-Tls-Cipher-Suite %[ssl_fc_cipher]".to_owned());
    }
    lines
}

fn forwarded_for(balancer: &LoadBalancer) -> Vec<String> {
    let client = match balancer.attributes.is_on("routing.http.xff_client_port.enabled") {
        true => "%[src]:%[src_port]",
        false => "%[src]",
    };
    match balancer.attributes.text("routing.http.xff_header_processing.mode") {
        "preserve" => vec![],
        "remove" => vec!["http-request del-header X-Forwarded-For".to_owned()],
        // In this order: the other way round, the client would be appended to itself.
        _ => vec![
            format!(
                "http-request set-header X-Forwarded-For %[req.fhdr(X-Forwarded-For)],\\x20{client} if {FORWARDED}"
            ),
            format!("http-request set-header X-Forwarded-For {client} if !{FORWARDED}"),
        ],
    }
}
