"""Attributes of target groups (ELBv2 API reference, `TargetGroupAttribute`)."""

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response

from elbow_localstack.elbv2.attributes import Attribute, boolean, check, defaults, number, off_or_number, one_of
from elbow_localstack.elbv2.refused import unfit
from elbow_localstack.replacement import replaces

_WEEK = 604800
_MANY = 1000

_BOTH = {
    "deregistration_delay.timeout_seconds": number(300, 0, 3600),
    "load_balancing.cross_zone.enabled": one_of("use_load_balancer_configuration", "true", "false"),
    "stickiness.enabled": boolean(False),
    "target_group_health.dns_failover.minimum_healthy_targets.count": off_or_number("1", 1, _MANY),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": off_or_number("off", 1, 100),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": number(1, 1, _MANY),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": off_or_number("off", 1, 100),
}
_NETWORK = {
    **_BOTH,
    "deregistration_delay.connection_termination.enabled": boolean(False),
    "preserve_client_ip.enabled": boolean(True),
    "proxy_protocol_v2.enabled": boolean(False),
    "stickiness.type": one_of("source_ip"),
    "target_health_state.unhealthy.connection_termination.enabled": boolean(True),
    "target_health_state.unhealthy.draining_interval_seconds": number(0, 0, 360000),
}
_UDP = {
    **_NETWORK,
    "deregistration_delay.connection_termination.enabled": boolean(True),
    # Neither can be chosen for UDP.
    "preserve_client_ip.enabled": one_of("true"),
    "target_health_state.unhealthy.connection_termination.enabled": one_of("false"),
}
_APPLICATION = {
    **_BOTH,
    "load_balancing.algorithm.anomaly_mitigation": one_of("off", "on"),
    "load_balancing.algorithm.type": one_of("round_robin", "least_outstanding_requests", "weighted_random"),
    "slow_start.duration_seconds": number(0, 30, 900),
    "stickiness.app_cookie.cookie_name": Attribute("", lambda name: not name.startswith("AWSALB")),
    "stickiness.app_cookie.duration_seconds": number(86400, 1, _WEEK),
    "stickiness.lb_cookie.duration_seconds": number(86400, 1, _WEEK),
    "stickiness.type": one_of("lb_cookie", "app_cookie"),
}
_TABLES = {
    "TCP": _NETWORK,
    "TLS": _NETWORK,
    "UDP": _UDP,
    "TCP_UDP": _UDP,
    "HTTP": _APPLICATION,
    "HTTPS": _APPLICATION,
}


def initial(protocol: str) -> dict[str, str]:
    """What a new target group has."""
    return defaults(_TABLES[protocol])


@replaces(ELBv2Backend)
def modify_target_group_attributes(self, target_group_arn, attributes):
    group = self.target_groups.get(target_group_arn)
    if group is None:
        raise TargetGroupNotFoundError()
    what = f"Target groups with the {group.protocol} protocol"
    check(what, attributes, _TABLES[group.protocol], set(_NETWORK) | set(_APPLICATION))
    wanted = group.attributes | attributes
    _refuse_contradictions(group.protocol, wanted)
    group.attributes = wanted


def _refuse_contradictions(protocol: str, wanted: dict[str, str]) -> None:
    if protocol == "TLS" and wanted["stickiness.enabled"] == "true":
        raise unfit("You cannot enable stickiness on target groups with the TLS protocol")
    if wanted.get("stickiness.type") == "app_cookie" and not wanted["stickiness.app_cookie.cookie_name"]:
        raise unfit("You must set an application cookie name to enable stickiness of type 'app_cookie'")
    random = wanted.get("load_balancing.algorithm.type") == "weighted_random"
    if wanted.get("load_balancing.algorithm.anomaly_mitigation") == "on" and not random:
        raise unfit("Anomaly mitigation needs the algorithm 'weighted_random'")
    if random and wanted["slow_start.duration_seconds"] != "0":
        raise unfit("Slow start is not supported with the algorithm 'weighted_random'")
    draining = wanted.get("target_health_state.unhealthy.draining_interval_seconds", "0")
    terminated = wanted.get("target_health_state.unhealthy.connection_termination.enabled")
    if draining != "0" and terminated == "true":
        raise unfit("A draining interval needs target_health_state.unhealthy.connection_termination.enabled to be false")


@replaces(ELBV2Response, "modify_target_group_attributes")
def answer_to_modify_target_group_attributes(self):
    """Answers all attributes, not only the given ones."""
    arn = self._get_param("TargetGroupArn")
    given = {attribute["Key"]: attribute["Value"] for attribute in self._get_param("Attributes", [])}
    self.elbv2_backend.modify_target_group_attributes(arn, given)
    return ActionResult({"Attributes": self.elbv2_backend.target_groups[arn].attributes})
