"""Target groups: protocols and health checks."""

import re

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import DuplicateTargetGroupName, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response

from elbow_localstack.elbv2 import target_group_attributes
from elbow_localstack.elbv2.refused import invalid, unfit
from elbow_localstack.replacement import replaces

_NETWORK = ("TCP", "UDP", "TCP_UDP", "TLS")
_APPLICATION = ("HTTP", "HTTPS")
_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}


@replaces(ELBv2Backend)
def create_target_group(self, name, **settings):
    """The same name with the same settings answers the target group that exists; other settings are refused."""
    protocol, version = settings.get("protocol"), settings.get("protocol_version")
    if protocol not in _NETWORK + _APPLICATION:
        raise invalid(f"Target groups with the protocol '{protocol}' are not served here")
    if version and (protocol in _NETWORK or version not in ("HTTP1", "HTTP2", "GRPC")):
        raise unfit(f"The protocol version '{version}' is not supported for target groups with the {protocol} protocol")
    if settings.get("ip_address_type") not in (None, "ipv4", "ipv6"):
        raise invalid("The IP address type of a target group must be ipv4 or ipv6")
    settings["healthcheck_protocol"] = settings.get("healthcheck_protocol") or ("TCP" if protocol in _NETWORK else "HTTP")
    for existing in self.target_groups.values():
        if existing.name == name:
            if _same(existing, settings):
                return existing
            raise DuplicateTargetGroupName()
    timeout, interval = settings.get("healthcheck_timeout_seconds"), settings.get("healthcheck_interval_seconds")
    settings["healthcheck_timeout_seconds"] = timeout or _default_timeout(protocol, settings["healthcheck_protocol"], interval)
    group = create_target_group.replaced(self, name, **settings)
    group.attributes = target_group_attributes.initial(protocol)
    _settle_codes(group, settings.get("matcher") or {})
    return group


def _same(existing, settings: dict) -> bool:
    version = settings.get("protocol_version") or ("HTTP1" if existing.protocol in _APPLICATION else None)
    return (existing.protocol, str(existing.port), existing.vpc_id, existing.protocol_version, existing.ip_address_type) == (
        settings.get("protocol"),
        str(settings.get("port")),
        settings.get("vpc_id"),
        version,
        settings.get("ip_address_type") or "ipv4",
    )


def _default_timeout(protocol: str, check: str, interval: int | None) -> int:
    """ELB guides, "Health checks": 5 s for an Application Load Balancer, else 6 s for HTTP and 10 s for TCP and HTTPS."""
    default = 5 if protocol in _APPLICATION else 6 if check == "HTTP" else 10
    return min(default, interval or default)


def _settle_codes(group, given: dict) -> None:
    """Path and codes that a health check has by default, and those that it cannot have."""
    checked_by_http = group.health_check_protocol in ("HTTP", "HTTPS")
    if not checked_by_http:
        if given:
            raise unfit("Health check codes need a health check by HTTP or HTTPS")
        group.matcher, group.health_check_path = None, None
        return
    grpc = group.protocol_version == "GRPC"
    held = group.matcher if getattr(group, "chosen_codes", False) else {}
    group.chosen_codes = bool(given or held)
    default = {"GrpcCode": "12"} if grpc else {"HttpCode": "200-399" if group.protocol in _NETWORK else "200"}
    group.matcher = given or held or default
    if (group.health_check_path or "/") == "/":
        group.health_check_path = "/AWS.ALB/healthcheck" if grpc else "/"


def _check_codes(group_protocol: str, version: str | None, codes: dict) -> None:
    if not codes:
        return
    grpc = version == "GRPC"
    if set(codes) != {"GrpcCode" if grpc else "HttpCode"}:
        raise invalid("Codes of gRPC are for target groups with the protocol version GRPC, and those of HTTP for all others")
    lowest, highest = (0, 99) if grpc else (200, 599 if group_protocol in _NETWORK else 499)
    for part in next(iter(codes.values())).split(","):
        found = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part)
        if not found or not all(lowest <= int(code) <= highest for code in found.groups() if code):
            raise invalid(f"Health check codes must be between {lowest} and {highest}: '{part}'")


def _check_health_check(protocol: str, version: str | None, asked: dict) -> None:
    check = asked.get("HealthCheckProtocol")
    allowed = ("HTTP", "HTTPS") if protocol in _APPLICATION else ("TCP", "HTTP", "HTTPS")
    if check and check not in allowed:
        raise invalid(f"Health check protocol '{check}' must be one of {', '.join(allowed)}")
    for key, (lowest, highest) in _RANGES.items():
        if asked.get(key) is not None and not lowest <= asked[key] <= highest:
            raise invalid(f"{key} '{asked[key]}' must be between {lowest} and {highest}")
    if asked.get("HealthCheckEnabled") is False:
        raise invalid("Health checks cannot be disabled for target groups with target type 'instance'")
    path = asked.get("HealthCheckPath")
    if path and not path.startswith("/"):
        raise invalid(f"Health check path '{path}' must begin with '/'")
    _check_codes(protocol, version, asked.get("Matcher") or {})


@replaces(ELBV2Response, "create_target_group")
def answer_to_create_target_group(self):
    asked = self._get_params()
    port = asked.get("Port")
    if port is not None and not 1 <= port <= 65535:
        raise invalid(f"The port '{port}' must be between 1 and 65535")
    _check_health_check(asked.get("Protocol"), asked.get("ProtocolVersion"), asked)
    return answer_to_create_target_group.replaced(self)


@replaces(ELBV2Response)
def modify_target_group(self):
    """What is not asked for stays as it is."""
    asked = self._get_params()
    group = self.elbv2_backend.target_groups.get(asked["TargetGroupArn"])
    if group is None:
        raise TargetGroupNotFoundError()
    _check_health_check(group.protocol, group.protocol_version, asked)
    interval = asked.get("HealthCheckIntervalSeconds") or group.health_check_interval_seconds
    timeout = asked.get("HealthCheckTimeoutSeconds") or group.health_check_timeout_seconds
    if timeout > interval:
        raise invalid(f"Health check timeout '{timeout}' must be smaller than or equal to the interval '{interval}'")
    group.health_check_interval_seconds, group.health_check_timeout_seconds = interval, timeout
    group.health_check_protocol = asked.get("HealthCheckProtocol") or group.health_check_protocol
    group.health_check_port = asked.get("HealthCheckPort") or group.health_check_port
    group.health_check_path = asked.get("HealthCheckPath") or group.health_check_path
    group.healthy_threshold_count = asked.get("HealthyThresholdCount") or group.healthy_threshold_count
    group.unhealthy_threshold_count = asked.get("UnhealthyThresholdCount") or group.unhealthy_threshold_count
    _settle_codes(group, asked.get("Matcher") or {})
    return ActionResult({"TargetGroups": [group]})
