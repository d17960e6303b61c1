"""Registered targets and their health."""

from moto.elbv2.exceptions import InvalidTargetError, TargetNotRunning
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

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


@replaces(FakeTargetGroup)
def health_for(self, target, ec2_backend):
    """Healthy, but for what is not registered, does not run, gets no traffic, or fails its health check."""
    found = self.targets.get(_key(self, target))
    if found is None:
        port = target.get("Port") or self.port
        return _unused(self, target["Id"], port, "NotRegistered", "Target is not registered to the target group")
    instance = ec2_backend.get_instance_by_id(found["Id"])
    if instance is not None and instance.state != "running":
        return _unused(self, found["Id"], found["Port"], "InvalidState", "Target is not in the running state")
    if not self.load_balancer_arns:
        why = "Target group is not configured to receive traffic from the load balancer"
        return _unused(self, found["Id"], found["Port"], "NotInUse", why)
    failed = failure(self, instance, found["Port"]) if instance is not None else None
    state = ("unhealthy", *failed) if failed else ("healthy",)
    return FakeHealthStatus(found["Id"], found["Port"], self.health_check_port, *state)


def _unused(group, instance, port, reason, description):
    return FakeHealthStatus(instance, port, group.health_check_port, "unused", f"Target.{reason}", description)
