"""Attributes of listeners (ELBv2 API reference, `ListenerAttribute`)."""

from moto.elbv2.models import ELBv2Backend

from elbow_localstack.elbv2.attributes import Attribute, boolean, check, defaults, number, text
from elbow_localstack.replacement import replaces

_TCP = {"tcp.idle_timeout.seconds": number(350, 60, 6000)}

_RESPONSE_HEADERS = (
    "access_control_allow_credentials",
    "access_control_allow_headers",
    "access_control_allow_methods",
    "access_control_allow_origin",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "strict_transport_security",
    "x_content_type_options",
    "x_frame_options",
)
_REQUEST_HEADERS = (
    "X-Amzn-Mtls-Clientcert",
    "X-Amzn-Mtls-Clientcert-Issuer",
    "X-Amzn-Mtls-Clientcert-Leaf",
    "X-Amzn-Mtls-Clientcert-Serial-Number",
    "X-Amzn-Mtls-Clientcert-Subject",
    "X-Amzn-Mtls-Clientcert-Validity",
    "X-Amzn-Tls-Cipher-Suite",
    "X-Amzn-Tls-Version",
)
_HTTP = {
    "routing.http.response.server.enabled": boolean(True),
    **{f"routing.http.response.{header}.header_value": text() for header in _RESPONSE_HEADERS},
}
_HTTPS = {
    **_HTTP,
    **{f"routing.http.request.{header.lower().replace('-', '_')}.header_name": text(header) for header in _REQUEST_HEADERS},
}
# Listeners for UDP, TCP_UDP and TLS have none.
_TABLES = {"TCP": _TCP, "HTTP": _HTTP, "HTTPS": _HTTPS}


def _table(listener) -> dict[str, Attribute]:
    return _TABLES.get(listener.protocol, {})


@replaces(ELBv2Backend)
def describe_listener_attributes(self, listener_arn):
    """The protocol of a listener may change, and its attributes with it."""
    listener = self.describe_listeners(load_balancer_arn=None, listener_arns=[listener_arn])[0]
    table = _table(listener)
    return defaults(table) | {key: value for key, value in listener.given_attributes.items() if key in table}


@replaces(ELBv2Backend)
def modify_listener_attributes(self, listener_arn, attrs):
    listener = self.describe_listeners(load_balancer_arn=None, listener_arns=[listener_arn])[0]
    given = {attribute["Key"]: attribute["Value"] for attribute in attrs}
    what = f"Listeners with the {listener.protocol} protocol"
    check(what, given, _table(listener), set(_TCP) | set(_HTTPS))
    listener.given_attributes.update(given)
    return self.describe_listener_attributes(listener_arn)
