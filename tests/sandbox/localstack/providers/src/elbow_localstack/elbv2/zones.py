"""The subnets of a load balancer, one a zone, with the addresses that it has in each."""

import ipaddress
from dataclasses import dataclass

from moto.elbv2.exceptions import SubnetNotFoundError

from elbow_localstack.elbv2.refused import Refused, invalid, unfit


class Zone:
    """A zone that is enabled, and what was asked for in it. The names of properties are those of moto's serialization."""

    def __init__(self, subnet, mapping: dict):
        self.subnet = subnet
        self.subnet_id = subnet.id
        self.zone_name = subnet.availability_zone
        self.allocation = mapping.get("AllocationId")
        self.public_ipv4 = None
        self.private_ipv4 = mapping.get("PrivateIPv4Address")
        self.ipv6 = mapping.get("IPv6Address")
        self.prefix = mapping.get("SourceNatIpv6Prefix")

    @property
    def load_balancer_addresses(self) -> list[dict]:
        address = {
            "IpAddress": self.public_ipv4,
            "AllocationId": self.allocation,
            "PrivateIPv4Address": self.private_ipv4,
            "IPv6Address": self.ipv6,
        }
        present = {key: value for key, value in address.items() if value}
        return [present] if present else []

    @property
    def source_nat_ipv6_prefixes(self) -> list[str]:
        return [self.prefix] if self.prefix else []

    def ipv6_networks(self) -> list[ipaddress.IPv6Network]:
        blocks = self.subnet.ipv6_cidr_block_associations.values()
        associated = [block for block in blocks if block["ipv6CidrBlockState"]["State"] == "associated"]
        return [ipaddress.IPv6Network(block["ipv6CidrBlock"]) for block in associated]


@dataclass
class Placement:
    """What addresses depend on. `own` is the load balancer itself, once it exists; what it holds is free for it."""

    kind: str
    scheme: str
    ip_address_type: str
    source_nat: str
    own: object = None


def mappings(subnets: list[str] | None, given: list[dict] | None) -> list[dict]:
    """The two ways to name subnets, as one."""
    if subnets and given:
        raise invalid("You can specify either subnets or subnet mappings, not both")
    if not subnets and not given:
        raise invalid("At least one subnet must be specified")
    return given or [{"SubnetId": subnet} for subnet in subnets]


def place(backend, placement: Placement, wanted: list[dict], enabled: list[Zone] = ()) -> list[Zone]:
    """The zones of a load balancer, once the real service would accept them in the place of the enabled ones."""
    zones = [Zone(_subnet(backend, mapping["SubnetId"]), mapping) for mapping in wanted]
    _check_type(placement)
    _check_spread(placement, zones)
    before = {zone.zone_name: zone for zone in enabled}
    for zone in zones:
        if zone.zone_name in before:
            _keep(placement, before[zone.zone_name], zone)
        _check_ipv4(backend, placement, zone)
        _check_ipv6(backend, placement, zone)
        _choose_prefix(placement, zone)
    if len({zone.allocation for zone in zones if zone.allocation}) < sum(bool(zone.allocation) for zone in zones):
        raise unfit("An Elastic IP address can be specified for one subnet only")
    return zones


def _subnet(backend, subnet_id: str):
    found = [subnet for subnet in backend.ec2_backend.describe_subnets() if subnet.id == subnet_id]
    if not found:
        raise SubnetNotFoundError()
    return found[0]


def _check_type(placement: Placement) -> None:
    types = ["ipv4", "dualstack"] + ["dualstack-without-public-ipv4"] * (placement.kind == "application")
    if placement.ip_address_type not in types:
        raise invalid(f"The IP address type of load balancers of type '{placement.kind}' must be one of {types}")
    if placement.ip_address_type == "dualstack-without-public-ipv4" and placement.scheme == "internal":
        raise unfit("'dualstack-without-public-ipv4' is not supported for load balancers with scheme 'internal'")
    if placement.source_nat not in ("on", "off"):
        raise invalid("EnablePrefixForIpv6SourceNat must be 'on' or 'off'")
    if placement.source_nat == "on" and (placement.kind, placement.ip_address_type) != ("network", "dualstack"):
        raise unfit("A prefix for source NAT needs a Network Load Balancer with the IP address type 'dualstack'")


def _check_spread(placement: Placement, zones: list[Zone]) -> None:
    if len({zone.subnet.vpc_id for zone in zones}) > 1:
        raise unfit("All subnets must belong to the same VPC")
    names = {zone.zone_name for zone in zones}
    if len(names) < len(zones):
        raise unfit("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
    if placement.kind == "application" and len(names) < 2:
        raise invalid("At least two subnets in two different Availability Zones must be specified")


def _keep(placement: Placement, before: Zone, zone: Zone) -> None:
    """Addresses of a zone that is enabled stay as they are. An address that was not asked for was chosen by the service."""
    if placement.kind != "network":
        return
    if zone.subnet_id != before.subnet_id:
        raise unfit(
            "You cannot specify an additional subnet from an Availability Zone that is already associated with the load"
            f" balancer. The Availability Zone '{zone.zone_name}' corresponding to the new subnet '{zone.subnet_id}' is"
            " already associated with the load balancer."
        )
    for what in ("allocation", "private_ipv4"):
        if getattr(zone, what) not in (None, getattr(before, what)):
            raise unfit(f"The addresses of the enabled Availability Zone '{zone.zone_name}' cannot be changed")
        setattr(zone, what, getattr(before, what))
    if placement.own.ip_address_type == placement.ip_address_type == "dualstack":
        if zone.ipv6 not in (None, before.ipv6):
            raise unfit(f"The IPv6 address of the enabled Availability Zone '{zone.zone_name}' cannot be changed")
        zone.ipv6 = before.ipv6
    if placement.source_nat == "on":
        zone.prefix = zone.prefix or before.prefix


def _check_ipv4(backend, placement: Placement, zone: Zone) -> None:
    if zone.allocation:
        if placement.kind != "network":
            raise unfit(f"Elastic IPs are not supported for load balancers with type '{placement.kind}'")
        if placement.scheme == "internal":
            raise unfit("Elastic IPs are not supported for load balancers with scheme 'internal'")
        zone.public_ipv4 = _elastic_ip(backend, placement, zone.allocation)
    if zone.private_ipv4:
        if (placement.kind, placement.scheme) != ("network", "internal"):
            raise unfit("Private IPv4 addresses are supported for internal Network Load Balancers only")
        _check_free(backend, placement, "private_ipv4", zone, [zone.subnet.cidr])


def _elastic_ip(backend, placement: Placement, allocation: str) -> str:
    found = [address for address in backend.ec2_backend.addresses if address.allocation_id == allocation]
    if not found:
        raise Refused("AllocationIdNotFound", f"The allocation IDs '{allocation}' do not exist")
    used = any(zone.allocation == allocation for zone in _zones_of_others(backend, placement))
    if used or found[0].association_id:
        raise Refused("ResourceInUse", "The allocation IDs are not available for use")
    return found[0].public_ip


def _check_ipv6(backend, placement: Placement, zone: Zone) -> None:
    if placement.ip_address_type == "ipv4":
        if zone.ipv6:
            raise unfit("An IPv6 address needs the IP address type 'dualstack'")
        return
    if not zone.ipv6_networks():
        raise invalid("You must specify subnets with an associated IPv6 CIDR block.")
    if zone.ipv6:
        if placement.kind != "network":
            raise unfit("IPv6 addresses can be specified for Network Load Balancers only")
        _check_free(backend, placement, "ipv6", zone, zone.ipv6_networks())


def _check_free(backend, placement: Placement, what: str, zone: Zone, networks: list) -> None:
    address = getattr(zone, what)
    try:
        inside = any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        raise invalid(f"'{address}' is not an IP address") from None
    if not inside:
        raise unfit(f"The address '{address}' is not in the range of the subnet '{zone.subnet_id}'")
    if any(getattr(other, what) == address for other in _zones_of_others(backend, placement)):
        raise Refused("ResourceInUse", f"The address '{address}' is in use")


def _zones_of_others(backend, placement: Placement) -> list[Zone]:
    others = [balancer for balancer in backend.load_balancers.values() if balancer is not placement.own]
    return [zone for balancer in others for zone in balancer.zones]


def _choose_prefix(placement: Placement, zone: Zone) -> None:
    if placement.source_nat == "off":
        if zone.prefix:
            raise unfit("A prefix for source NAT needs EnablePrefixForIpv6SourceNat to be 'on'")
        return
    networks = zone.ipv6_networks()
    if zone.prefix in (None, "auto_assigned"):
        # The real service takes one at random.
        zone.prefix = str(list(networks[0].subnets(new_prefix=80))[-1])
        return
    try:
        prefix = ipaddress.IPv6Network(zone.prefix)
    except ValueError:
        raise invalid(f"'{zone.prefix}' is not an IPv6 prefix") from None
    if prefix.prefixlen != 80 or not any(prefix.subnet_of(network) for network in networks):
        raise unfit(f"The prefix '{zone.prefix}' must be a /80 in the range of the subnet '{zone.subnet_id}'")
