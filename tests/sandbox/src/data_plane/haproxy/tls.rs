//! What a listener offers to clients that speak TLS.

use super::files::Files;
use super::word::word;
use crate::data_plane::model::{Listener, ListenerProtocol, LoadBalancer};

/// The options of `bind` for a listener; empty without TLS. The first certificate is for whoever asks for an unknown name.
pub(super) fn options(balancer: &LoadBalancer, listener: &Listener, files: &Files) -> String {
    if listener.certificates.is_empty() {
        return String::new();
    }
    let known = listener.certificates.iter().filter_map(|arn| files.certificate(arn));
    let certificates: String = known
        .map(|file| format!(" crt {}", word(&file.to_string_lossy())))
        .collect();
    let (lowest, highest) = versions(&listener.policy);
    let protocols = protocols(balancer, listener);
    let alpn = if protocols.is_empty() {
        String::new()
    } else {
        format!(" alpn {protocols}")
    };
    format!(" ssl{certificates} ssl-min-ver {lowest} ssl-max-ver {highest}{alpn}")
}

/// The versions of a security policy (Application Load Balancer guide, "Security policies"): the policies for TLS 1.3 name
/// the lowest version last, the older ones name it where it is not 1.0.
fn versions(policy: &str) -> (&'static str, &'static str) {
    let highest = if policy.contains("TLS13") { "TLSv1.3" } else { "TLSv1.2" };
    let lowest = match policy {
        policy if policy.contains("TLS13-1-3") => "TLSv1.3",
        policy if policy.contains("-1-2-") => "TLSv1.2",
        policy if policy.contains("-1-1-") => "TLSv1.1",
        _ => "TLSv1.0",
    };
    (lowest, highest)
}

/// The protocols in the order of preference: of HTTPS by the load balancer's attribute, of TLS by the ALPN policy.
fn protocols(balancer: &LoadBalancer, listener: &Listener) -> &'static str {
    match (listener.protocol, listener.alpn.as_str()) {
        (ListenerProtocol::Https, _) if balancer.attributes.is_on("routing.http2.enabled") => "h2,http/1.1",
        (ListenerProtocol::Https, _) => "http/1.1",
        (_, "HTTP1Only") => "http/1.1,http/1.0",
        (_, "HTTP2Only") => "h2",
        (_, "HTTP2Optional") => "http/1.1,http/1.0,h2",
        (_, "HTTP2Preferred") => "h2,http/1.1,http/1.0",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_security_policy_names_its_versions() {
        for (policy, expected) in [
            ("ELBSecurityPolicy-2016-08", ("TLSv1.0", "TLSv1.2")),
            ("ELBSecurityPolicy-TLS-1-1-2017-01", ("TLSv1.1", "TLSv1.2")),
            ("ELBSecurityPolicy-FS-1-2-Res-2020-10", ("TLSv1.2", "TLSv1.2")),
            ("ELBSecurityPolicy-TLS13-1-0-2021-06", ("TLSv1.0", "TLSv1.3")),
            ("ELBSecurityPolicy-TLS13-1-2-2021-06", ("TLSv1.2", "TLSv1.3")),
            ("ELBSecurityPolicy-TLS13-1-3-2021-06", ("TLSv1.3", "TLSv1.3")),
        ] {
            assert_eq!(versions(policy), expected, "{policy}");
        }
    }
}
