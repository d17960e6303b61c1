"""Default actions of listeners, written out as the real service describes them."""

from moto.elbv2.models import FakeAction

from elbow_localstack.elbv2.associations import check_one_user, groups_of
from elbow_localstack.elbv2.attributes import in_range
from elbow_localstack.elbv2.refused import Refused, invalid, unfit

_FIT = {
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
    "HTTP": ("HTTP", "HTTPS"),
    "HTTPS": ("HTTP", "HTTPS"),
}
_REDIRECT = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
_MOST_GROUPS = 5
_MOST_WEIGHT = 999
_WEEK = 604800


def checked(backend, balancer, protocol: str, given: list[dict]) -> list[FakeAction]:
    """The actions, once the real service would accept them for a listener of the protocol."""
    if not given:
        raise invalid("A listener needs a default action")
    actions = [FakeAction(_written_out(balancer, action)) for action in given]
    backend._validate_actions(actions)
    for arn in groups_of(actions):
        _check_fit(balancer, protocol, backend.target_groups[arn])
    check_one_user(backend, balancer, actions)
    return actions


def _written_out(balancer, action: dict) -> dict:
    kind = action.get("Type")
    if balancer.type == "network" and kind != "forward":
        raise Refused("InvalidLoadBalancerAction", f"The action type '{kind}' is not supported by Network Load Balancers")
    if kind == "forward":
        return action | _forward(balancer, action)
    if kind == "redirect":
        return action | {"RedirectConfig": _redirect(action.get("RedirectConfig") or {})}
    return action


def _forward(balancer, action: dict) -> dict:
    given = action.get("ForwardConfig") or {}
    single = action.get("TargetGroupArn")
    groups = given.get("TargetGroups") or [{"TargetGroupArn": single}]
    arns = [group["TargetGroupArn"] for group in groups]
    if None in arns:
        raise invalid("A forward action needs a target group")
    if single and arns != [single]:
        raise invalid("TargetGroupArn and ForwardConfig must name the same target group")
    if len(arns) > _MOST_GROUPS or len(set(arns)) < len(arns):
        raise invalid(f"A forward action takes up to {_MOST_GROUPS} different target groups")
    groups = [{"Weight": 1} | group for group in groups]
    if not all(0 <= group["Weight"] <= _MOST_WEIGHT for group in groups):
        raise invalid(f"The weight of a target group must be between 0 and {_MOST_WEIGHT}")
    forward = {"ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": _stickiness(balancer, given)}}
    return forward | ({"TargetGroupArn": arns[0]} if len(arns) == 1 else {})


def _stickiness(balancer, forward: dict) -> dict:
    given = {"Enabled": False} | (forward.get("TargetGroupStickinessConfig") or {})
    seconds = given.get("DurationSeconds")
    if balancer.type == "application" and given["Enabled"] and seconds is None:
        raise invalid("Target group stickiness needs a duration")
    if seconds is not None and not 1 <= seconds <= _WEEK:
        raise invalid(f"The duration of target group stickiness must be between 1 and {_WEEK} seconds")
    return given


def _redirect(given: dict) -> dict:
    config = _REDIRECT | given
    if config.get("StatusCode") not in ("HTTP_301", "HTTP_302"):
        raise invalid("The status code of a redirect must be HTTP_301 or HTTP_302")
    if config["Protocol"] not in ("HTTP", "HTTPS", "#{protocol}"):
        raise invalid("The protocol of a redirect must be HTTP, HTTPS or #{protocol}")
    if config["Port"] != "#{port}" and not in_range(config["Port"], 1, 65535):
        raise invalid("The port of a redirect must be 1 to 65535 or #{port}")
    if all(config[key] == default for key, default in _REDIRECT.items()):
        raise Refused("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop")
    return config


def _check_fit(balancer, protocol: str, group) -> None:
    if group.protocol not in _FIT[protocol]:
        raise Refused(
            "IncompatibleProtocols",
            f"Listener protocol '{protocol}' is not supported with a target group with the protocol '{group.protocol}'",
        )
    if protocol == "HTTP" and group.protocol_version in ("GRPC", "HTTP2"):
        raise unfit(
            f"Listener protocol 'HTTP' is not supported with a target group with the protocol-version '{group.protocol_version}'"
        )
    if group.vpc_id != balancer.vpc_id:
        raise unfit("The target group and the load balancer must be in the same VPC")
    if group.ip_address_type == "ipv6" and balancer.ip_address_type == "ipv4":
        raise unfit("A target group with the IP address type 'ipv6' needs a dualstack load balancer")
