"""Reserved capacity of load balancers."""

from datetime import datetime, timezone

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import LoadBalancerNotFoundError
from moto.elbv2.responses import ELBV2Response

from elbow_localstack.elbv2.refused import invalid
from elbow_localstack.replacement import replaces

# So many times a day the reservation may shrink.
_DECREASES = 2


class Reservation:
    """What is reserved for one load balancer; available at once in all its zones."""

    def __init__(self):
        self.units = None
        self.decreases = _DECREASES
        self.modified = None

    def reserve(self, units: int) -> None:
        if self.units is not None and units < self.units:
            self._decrease()
        self.units, self.modified = units, datetime.now(timezone.utc)

    def reset(self) -> None:
        if self.units is not None:
            self._decrease()
        self.units, self.modified = None, datetime.now(timezone.utc)

    def _decrease(self) -> None:
        # The quota of decreases is not modelled, only counted down.
        self.decreases = max(self.decreases - 1, 0)

    def described(self, zones: list[str]) -> dict:
        described = {"DecreaseRequestsRemaining": self.decreases}
        if self.modified:
            described["LastModifiedTime"] = self.modified
        if self.units is None:
            return described | {"CapacityReservationState": []}
        states = [
            {"State": {"Code": "provisioned"}, "AvailabilityZone": zone, "EffectiveCapacityUnits": self.units / len(zones)}
            for zone in zones
        ]
        return described | {"MinimumLoadBalancerCapacity": {"CapacityUnits": self.units}, "CapacityReservationState": states}


@replaces(ELBV2Response)
def describe_capacity_reservation(self):
    return _described(_balancer(self))


@replaces(ELBV2Response)
def modify_capacity_reservation(self):
    balancer = _balancer(self)
    units = (self._get_param("MinimumLoadBalancerCapacity") or {}).get("CapacityUnits")
    reset = self._get_param("ResetCapacityReservation") or False
    if reset == (units is not None):
        raise invalid("Either the minimum capacity or the reset of the capacity reservation must be specified")
    if reset:
        balancer.reservation.reset()
    elif units < 1:
        raise invalid("The minimum capacity must be at least 1 capacity unit")
    else:
        balancer.reservation.reserve(units)
    return _described(balancer)


def _balancer(response):
    balancer = response.elbv2_backend.load_balancers.get(response._get_param("LoadBalancerArn"))
    if balancer is None:
        raise LoadBalancerNotFoundError()
    return balancer


def _described(balancer) -> ActionResult:
    return ActionResult(balancer.reservation.described([zone.zone_name for zone in balancer.zones]))
