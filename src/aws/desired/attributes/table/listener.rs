//! Attributes of listeners. Those of TLS, UDP and TCP_UDP have none (Elastic Load Balancing user guide, listeners of Network
//! Load Balancers).

use super::{Row, Values, row};

/// Of TCP listeners.
pub(in super::super) static TCP_LISTENER: &[Row] =
    &[row("tcp.idle_timeout.seconds", Some("350"), Values::Integer(60..=6000))];

/// Of HTTP and HTTPS listeners.
pub(in super::super) static HTTP_LISTENER: &[Row] = &[
    row("routing.http.response.server.enabled", Some("true"), Values::Boolean),
    header_value(
        "routing.http.response.strict_transport_security.header_value",
        Values::HeaderValue,
    ),
    header_value(
        "routing.http.response.access_control_allow_origin.header_value",
        Values::HeaderValue,
    ),
    header_value(
        "routing.http.response.access_control_allow_methods.header_value",
        Values::HeaderValue,
    ),
    header_value(
        "routing.http.response.access_control_allow_headers.header_value",
        Values::HeaderValue,
    ),
    header_value(
        "routing.http.response.access_control_allow_credentials.header_value",
        Values::OneOf(&["true"]),
    ),
    header_value(
        "routing.http.response.access_control_expose_headers.header_value",
        Values::HeaderValue,
    ),
    header_value(
        "routing.http.response.access_control_max_age.header_value",
        Values::Integer(0..=86_400),
    ),
    header_value(
        "routing.http.response.content_security_policy.header_value",
        Values::HeaderValue,
    ),
    header_value(
        "routing.http.response.x_content_type_options.header_value",
        Values::OneOf(&["nosniff"]),
    ),
    header_value(
        "routing.http.response.x_frame_options.header_value",
        Values::HeaderValue,
    ),
];

/// Of HTTPS listeners only: how headers about the client's TLS are named.
pub(in super::super) static HTTPS_LISTENER: &[Row] = &[
    header_name(
        "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
        "X-Amzn-Mtls-Clientcert-Serial-Number",
    ),
    header_name(
        "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
        "X-Amzn-Mtls-Clientcert-Issuer",
    ),
    header_name(
        "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
        "X-Amzn-Mtls-Clientcert-Subject",
    ),
    header_name(
        "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
        "X-Amzn-Mtls-Clientcert-Validity",
    ),
    header_name(
        "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
        "X-Amzn-Mtls-Clientcert-Leaf",
    ),
    header_name(
        "routing.http.request.x_amzn_mtls_clientcert.header_name",
        "X-Amzn-Mtls-Clientcert",
    ),
    header_name(
        "routing.http.request.x_amzn_tls_version.header_name",
        "X-Amzn-Tls-Version",
    ),
    header_name(
        "routing.http.request.x_amzn_tls_cipher_suite.header_name",
        "X-Amzn-Tls-Cipher-Suite",
    ),
];

/// A header that the listener adds to responses where it has a value.
const fn header_value(key: &'static str, values: Values) -> Row {
    row(key, Some(""), values)
}

/// A header that the listener adds to requests under this name.
const fn header_name(key: &'static str, default: &'static str) -> Row {
    row(key, Some(default), Values::HeaderName)
}
