"""Listeners: protocols, TLS settings, default actions."""

from dataclasses import dataclass

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import DuplicateListenerError, LoadBalancerNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeListener
from moto.elbv2.responses import SSL_POLICIES, ELBV2Response
from moto.moto_api._internal import mock_random

from elbow_localstack.elbv2 import actions, certificates
from elbow_localstack.elbv2.associations import associate
from elbow_localstack.elbv2.load_balancers import check_datagrams
from elbow_localstack.elbv2.refused import Refused, invalid, unfit
from elbow_localstack.replacement import replaces

# What the API takes when nothing is asked for.
_DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"

# Those that moto does not know yet (ELB guides, "Security policies").
_MORE_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
)
_POLICIES = {policy["name"] for policy in SSL_POLICIES} | set(_MORE_POLICIES)
_ALPN_POLICIES = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")
_SECURE = ("TLS", "HTTPS")


@dataclass
class Settings:
    """A listener's settings, checked."""

    port: int
    protocol: str
    policy: str | None
    certificate: str | None
    alpn: list[str]
    actions: list


@replaces(ELBV2Response)
def create_listener(self):
    """A port is taken once: the same settings answer the listener that exists, others are refused."""
    backend, asked = self.elbv2_backend, self._get_params()
    balancer = backend.load_balancers.get(asked["LoadBalancerArn"])
    if balancer is None:
        raise LoadBalancerNotFoundError()
    wanted = _settings(backend, balancer, asked, None)
    existing = _on_port(balancer, wanted.port)
    if existing is None:
        existing = _new(balancer, wanted)
        backend.tagging_service.tag_resource(existing.arn, asked.get("Tags"))
        associate(backend)
    elif _told(_held(existing)) != _told(wanted):
        raise DuplicateListenerError()
    return ActionResult({"Listeners": [existing]})


@replaces(ELBV2Response)
def modify_listener(self):
    """What is not asked for stays as it is; what the new protocol has not goes."""
    backend, asked = self.elbv2_backend, self._get_params()
    listener = backend.describe_listeners(load_balancer_arn=None, listener_arns=[asked["ListenerArn"]])[0]
    balancer = backend.load_balancers[listener.load_balancer_arn]
    wanted = _settings(backend, balancer, asked, listener)
    if _on_port(balancer, wanted.port) not in (None, listener):
        raise DuplicateListenerError()
    _put(listener, wanted)
    associate(backend)
    return ActionResult({"Listeners": [listener]})


@replaces(ELBv2Backend)
def delete_listener(self, listener_arn):
    listener = delete_listener.replaced(self, listener_arn)
    associate(self)
    return listener


def _on_port(balancer, port: int) -> FakeListener | None:
    return next((found for found in balancer.listeners.values() if found.port == port), None)


def _settings(backend, balancer, asked: dict, listener: FakeListener | None) -> Settings:
    protocol = asked.get("Protocol") or (listener and listener.protocol)
    port = asked.get("Port") or (listener and listener.port)
    backend._validate_port_and_protocol(balancer.type, port, protocol)
    if not 1 <= port <= 65535:
        raise invalid("The port of a listener must be between 1 and 65535")
    check_datagrams(protocol, balancer.ip_address_type, balancer.enable_prefix_for_ipv6_source_nat)
    given = asked.get("DefaultActions") or [action.data for action in (listener.default_actions if listener else [])]
    held = _held(listener) if listener and listener.protocol in _SECURE else None
    return Settings(
        port=port,
        protocol=protocol,
        policy=_policy(protocol, asked, held),
        certificate=_certificate(backend, protocol, asked, held),
        alpn=_alpn(protocol, asked, held),
        actions=actions.checked(backend, balancer, protocol, given),
    )


def _policy(protocol: str, asked: dict, held: Settings | None) -> str | None:
    given = asked.get("SslPolicy")
    if given and given not in _POLICIES:
        raise Refused("SSLPolicyNotFound", f"SSL policy '{given}' not found")
    if protocol in _SECURE:
        return given or (held.policy if held else _DEFAULT_POLICY)
    if given:
        raise unfit(f"An SSL policy cannot be specified for {protocol} listeners")
    return None


def _certificate(backend, protocol: str, asked: dict, held: Settings | None) -> str | None:
    given = certificates.default_of(backend, protocol, asked.get("Certificates") or [])
    if protocol not in _SECURE:
        return None
    default = given or (held and held.certificate)
    if default is None:
        raise invalid(f"A certificate must be specified for {protocol} listeners")
    return default


def _alpn(protocol: str, asked: dict, held: Settings | None) -> list[str]:
    given = asked.get("AlpnPolicy") or []
    if len(given) > 1 or any(policy not in _ALPN_POLICIES for policy in given):
        raise Refused("ALPNPolicyNotFound", f"The ALPN policy {given} does not exist")
    if given and protocol != "TLS":
        raise unfit(f"An ALPN policy cannot be specified for {protocol} listeners")
    kept = held.alpn if held else []
    return (given or kept) if protocol == "TLS" else []


def _new(balancer, wanted: Settings) -> FakeListener:
    arn = balancer.arn.replace(":loadbalancer/", ":listener/") + f"/{mock_random.get_random_hex(16)}"
    listener = FakeListener(balancer.arn, arn, wanted.protocol, wanted.port, None, None, wanted.actions, None)
    listener.more_certificates = []
    listener.given_attributes = {}
    _put(listener, wanted)
    balancer.listeners[arn] = listener
    return listener


def _put(listener: FakeListener, wanted: Settings) -> None:
    listener.port, listener.protocol = wanted.port, wanted.protocol
    listener.ssl_policy, listener.alpn_policy = wanted.policy, wanted.alpn
    # moto describes this list; the real service tells the default certificate alone.
    listener.certificate, listener.certificates = wanted.certificate, [wanted.certificate] * bool(wanted.certificate)
    if wanted.protocol not in _SECURE:
        listener.more_certificates = []
    listener.default_actions = wanted.actions
    listener._default_rule[0].actions = wanted.actions


def _held(listener: FakeListener) -> Settings:
    return Settings(
        port=listener.port,
        protocol=listener.protocol,
        policy=listener.ssl_policy,
        certificate=listener.certificate,
        alpn=listener.alpn_policy,
        actions=listener.default_actions,
    )


def _told(settings: Settings) -> tuple:
    told = [action.data for action in settings.actions]
    return settings.port, settings.protocol, settings.policy, settings.certificate, settings.alpn, told
