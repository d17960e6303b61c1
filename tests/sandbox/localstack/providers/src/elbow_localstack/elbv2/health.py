"""Whether the health checks of a target pass, as far as a node without a kernel can tell."""

import ipaddress

from moto.elbv2.models import elbv2_backends

# What nodes of Kubernetes listen on: kubelet, kube-proxy, and node ports.
_KUBELET, _KUBE_PROXY = 10250, 10256
_NODE_PORTS = range(30000, 32768)


def failure(group, instance, port: int) -> tuple[str, str] | None:
    """Reason and description of a health check that fails."""
    checked = port if group.health_check_port == "traffic-port" else int(group.health_check_port)
    balancer = elbv2_backends[group.account_id][group.region_name].load_balancers[group.load_balancer_arns[0]]
    rules = [rule for held in instance.security_groups for rule in held.ingress_rules]
    if not any(_admits(rule, balancer, checked) for rule in rules):
        return "Target.Timeout", "Request timed out"
    if checked not in (_KUBELET, _KUBE_PROXY) and checked not in _NODE_PORTS:
        return "Target.FailedHealthChecks", "Health checks failed"
    return None


def _admits(rule, balancer, port: int) -> bool:
    """Does a rule of the node's security groups let the load balancer in?"""
    if rule.ip_protocol != "-1" and (rule.ip_protocol != "tcp" or not rule.from_port <= port <= rule.to_port):
        return False
    if rule.source_group.get("GroupId") in balancer.security_groups:
        return True
    source = rule.ip_range.get("CidrIp")
    return source is not None and any(zone.subnet.cidr.subnet_of(ipaddress.ip_network(source)) for zone in balancer.zones)
