"""Where moto's Elastic Load Balancing v2 differs from the real one in ways that elbow relies on.

Each correction follows the ELBv2 API reference. What the real service does over time (provisioning, draining, groups held
by network interfaces, read lag, throttling, quotas) is not modelled here.
"""

import inspect

from moto.core.exceptions import ServiceException
from moto.elbv2.exceptions import (
    DuplicateListenerError,
    DuplicateLoadBalancerName,
    DuplicateTargetGroupName,
    InvalidTargetError,
    TargetNotRunning,
)
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeHealthStatus, FakeTargetGroup

# moto's own methods, called by the corrected ones.
_create_load_balancer = ELBv2Backend.create_load_balancer
_delete_load_balancer = ELBv2Backend.delete_load_balancer
_create_target_group = ELBv2Backend.create_target_group
_modify_target_group = ELBv2Backend.modify_target_group
_create_listener = ELBv2Backend.create_listener
_modify_listener = ELBv2Backend.modify_listener
_set_security_groups = ELBv2Backend.set_security_groups
_set_subnets = ELBv2Backend.set_subnets

# Protocols of listeners that moto's ModifyListener does not know.
_NETWORK_PROTOCOLS = ("UDP", "TCP_UDP", "TLS")


class Refused(ServiceException):
    """An error with the code and the words of the real service."""

    def __init__(self, code: str, message: str):
        super().__init__(code, message)


def apply() -> None:
    """Puts the corrections in place of moto's methods."""
    ELBv2Backend.create_load_balancer = create_load_balancer
    ELBv2Backend.delete_load_balancer = delete_load_balancer
    ELBv2Backend.create_target_group = create_target_group
    ELBv2Backend.modify_target_group = modify_target_group
    ELBv2Backend.create_listener = create_listener
    ELBv2Backend.modify_listener = modify_listener
    ELBv2Backend.set_security_groups = set_security_groups
    ELBv2Backend.set_subnets = set_subnets
    FakeTargetGroup.register = register
    FakeTargetGroup.deregister = deregister
    FakeTargetGroup.deregister_terminated_instances = deregister_terminated_instances
    FakeTargetGroup.health_for = health_for


def create_load_balancer(self, name, security_groups, subnet_ids, **rest):
    """The same name with the same settings answers the load balancer that exists; other settings are refused."""
    for existing in self.load_balancers.values():
        if existing.name != name:
            continue
        subnets = {subnet.id for subnet in existing.subnets}
        asked = set(subnet_ids) | {mapping["SubnetId"] for mapping in rest.get("subnet_mappings") or []}
        same = (
            subnets == asked
            and set(existing.security_groups or []) == set(security_groups or [])
            and existing.scheme == (rest.get("scheme") or "internet-facing")
        )
        if same:
            return existing
        raise DuplicateLoadBalancerName()
    return _create_load_balancer(self, name, security_groups, subnet_ids, **rest)


def delete_load_balancer(self, arn):
    """A protected load balancer is not deleted."""
    balancer = self.load_balancers.get(arn)
    if balancer and str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
        raise Refused("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    return _delete_load_balancer(self, arn)


def create_target_group(self, name, **settings):
    """As for load balancers."""
    for existing in self.target_groups.values():
        if existing.name != name:
            continue
        same = (
            existing.protocol == settings.get("protocol")
            and str(existing.port) == str(settings.get("port"))
            and existing.vpc_id == settings.get("vpc_id")
        )
        if same:
            return existing
        raise DuplicateTargetGroupName()
    return _create_target_group(self, name, **settings)


def modify_target_group(self, arn, *args, **settings):
    """The codes of an HTTP health check are kept whatever the protocol of the traffic."""
    given = inspect.signature(_modify_target_group).bind(self, arn, *args, **settings).arguments
    codes = given.get("http_codes")
    group = _modify_target_group(self, arn, *args, **settings)
    if codes is not None and group.health_check_protocol in ("HTTP", "HTTPS"):
        group.matcher = {"HttpCode": codes}
    return group


def create_listener(self, load_balancer_arn, protocol, port, ssl_policy, certificate, actions, *rest, **more):
    """A port is taken once: the same settings answer the listener that exists, others are refused."""
    balancer = self.load_balancers.get(load_balancer_arn)
    for existing in balancer.listeners.values() if balancer else ():
        if str(existing.port) != str(port):
            continue
        wanted = [FakeAction(action).data for action in actions]
        if existing.protocol == protocol and wanted == [action.data for action in existing.default_actions]:
            return existing
        raise DuplicateListenerError()
    return _create_listener(self, load_balancer_arn, protocol, port, ssl_policy, certificate, actions, *rest, **more)


def modify_listener(self, arn, port=None, protocol=None, ssl_policy=None, certificates=None, actions=None):
    """Listeners of a Network Load Balancer change like others."""
    known = None if protocol in _NETWORK_PROTOCOLS else protocol
    listener = _modify_listener(self, arn, port, known, ssl_policy, certificates or [], actions or [])
    if protocol in _NETWORK_PROTOCOLS:
        listener.protocol = protocol
    if listener.protocol == "TLS" and certificates:
        default = certificates[0]["CertificateArn"]
        if not self._certificate_exists(certificate_arn=default):
            raise Refused("CertificateNotFound", f"Certificate {default} not found")
        listener.certificate = default
        listener.certificates = [default] + [kept for kept in listener.certificates if kept != default]
    if listener.protocol not in ("TLS", "HTTPS"):
        listener.certificate, listener.certificates, listener.ssl_policy = None, [], None
    return listener


def set_security_groups(self, arn, sec_groups):
    """A Network Load Balancer made without security groups never gets any."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.type == "network" and not balancer.security_groups:
        raise Refused(
            "InvalidConfigurationRequest",
            "You cannot set security groups on a Network Load Balancer that was created without security groups",
        )
    return _set_security_groups(self, arn, sec_groups)


def set_subnets(self, arn, subnets, subnet_mappings):
    """One subnet is enough for a Network Load Balancer."""
    balancer = self.load_balancers.get(arn)
    asked = list(subnets) + [mapping["SubnetId"] for mapping in subnet_mappings]
    if balancer and balancer.type == "network" and len(asked) == 1:
        balancer.subnets = [self._get_subnet({}, asked[0])]
        return balancer.availability_zones
    return _set_subnets(self, arn, subnets, subnet_mappings)


def _key(self, target):
    return f"{target['Id']}:{target.get('Port') or self.port}"


def register(self, targets):
    """An instance may be a target with several ports; one that cannot be registered fails the whole call."""
    for target in targets:
        instance = self.ec2_backend.get_instance_by_id(target["Id"])
        if target["Id"].startswith("i-") and instance is None:
            raise InvalidTargetError()
        if instance is not None and instance.state != "running":
            raise TargetNotRunning(instance_id=target["Id"])
    for target in targets:
        self.targets[_key(self, target)] = {"Id": target["Id"], "Port": target.get("Port") or self.port}


def deregister(self, targets):
    """A target that is not registered is no error; one given without a port goes with all its ports."""
    for target in targets:
        if target.get("Port"):
            self.targets.pop(_key(self, target), None)
            continue
        for key in [key for key, found in self.targets.items() if found["Id"] == target["Id"]]:
            self.targets.pop(key)


def deregister_terminated_instances(self, instance_ids):
    """A terminated instance stays registered, as unused, until somebody takes it out."""


def _answers(self, port) -> bool:
    """Nodes answer at NodePorts and at kube-proxy's health port, and nowhere else."""
    probed = int(port if self.health_check_port == "traffic-port" else self.health_check_port)
    return probed == 10256 or 30000 <= probed <= 32767


def health_for(self, target, ec2_backend):
    """Healthy, but for what is not registered, does not run, or is probed where no node answers."""
    found = self.targets.get(_key(self, target))
    port = target.get("Port") or self.port
    if found is None:
        return FakeHealthStatus(
            target["Id"], port, self.health_check_port, "unused", "Target.NotRegistered", "Target is not registered to the target group"
        )
    instance = ec2_backend.get_instance_by_id(found["Id"])
    if instance is not None and instance.state != "running":
        return FakeHealthStatus(
            found["Id"], found["Port"], self.health_check_port, "unused", "Target.InvalidState", "Target is not in the running state"
        )
    if not _answers(self, found["Port"]):
        return FakeHealthStatus(
            found["Id"], found["Port"], self.health_check_port, "unhealthy", "Target.FailedHealthChecks", "Health checks failed"
        )
    return FakeHealthStatus(found["Id"], found["Port"], self.health_check_port, "healthy")
