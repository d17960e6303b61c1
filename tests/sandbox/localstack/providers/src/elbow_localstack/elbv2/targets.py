"""Registered targets and their health."""

from moto.elbv2.exceptions import InvalidTargetError, TargetNotRunning
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from elbow_localstack.elbv2 import verdicts
from elbow_localstack.elbv2.health import failure
from elbow_localstack.replacement import replaces


def _key(group, target):
    return f"{target['Id']}:{target.get('Port') or group.port}"


@replaces(FakeTargetGroup)
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


@replaces(FakeTargetGroup)
def deregister(self, targets):
    """A target that is not registered is no error; one given without a port goes with all its ports."""
    for target in targets:
        if target.get("Port"):
            self.targets.pop(_key(self, target), None)
            continue
        for key in [key for key, found in self.targets.items() if found["Id"] == target["Id"]]:
            self.targets.pop(key)


@replaces(FakeTargetGroup)
def deregister_terminated_instances(self, instance_ids):
    """A terminated instance stays registered, as unused, until somebody takes it out."""


@replaces(ELBv2Backend)
def describe_target_health(self, target_group_arn, targets):
    """Where no target is asked for, those that are draining are told as well."""
    found = describe_target_health.replaced(self, target_group_arn, targets)
    if targets:
        return found
    group = self.target_groups[target_group_arn]
    gone = [key for key in verdicts.draining(target_group_arn) if key not in group.targets]
    return found + [group.health_for(_named(key), self.ec2_backend) for key in gone]


def _named(key: str) -> dict:
    identity, port = key.rsplit(":", 1)
    return {"Id": identity, "Port": int(port)}


@replaces(FakeTargetGroup)
def health_for(self, target, ec2_backend):
    """Targets that are not registered, do not run or get no traffic are known here; the others are checked."""
    key = _key(self, target)
    identity, port = target["Id"], target.get("Port") or self.port
    if key not in self.targets:
        leaving = verdicts.draining(self.arn).get(key)
        if leaving:
            return _told(self, identity, port, leaving)
        return _unused(self, identity, port, "NotRegistered", "Target is not registered to the target group")
    instance = ec2_backend.get_instance_by_id(identity)
    if instance is not None and instance.state != "running":
        return _unused(self, identity, port, "InvalidState", "Target is not in the running state")
    if not self.load_balancer_arns:
        why = "Target group is not configured to receive traffic from the load balancer"
        return _unused(self, identity, port, "NotInUse", why)
    if verdicts.are_given():
        return _told(self, identity, port, verdicts.verdict_on(self.arn, key))
    return _guessed(self, identity, port, instance)


def _told(group, identity, port, verdict) -> FakeHealthStatus:
    reason, description = verdict["reason"] or None, verdict["description"] or None
    return FakeHealthStatus(identity, port, group.health_check_port, verdict["state"], reason, description)


def _guessed(group, identity, port, instance) -> FakeHealthStatus:
    failed = failure(group, instance, port) if instance is not None else None
    state = ("unhealthy", *failed) if failed else ("healthy",)
    return FakeHealthStatus(identity, port, group.health_check_port, *state)


def _unused(group, instance, port, reason, description):
    return FakeHealthStatus(instance, port, group.health_check_port, "unused", f"Target.{reason}", description)
