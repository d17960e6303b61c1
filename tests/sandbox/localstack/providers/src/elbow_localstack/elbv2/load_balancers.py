"""Load balancers: names, schemes, security groups, address types."""

import re

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import DuplicateLoadBalancerName, LoadBalancerNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from elbow_localstack.elbv2 import load_balancer_attributes
from elbow_localstack.elbv2.associations import associate
from elbow_localstack.elbv2.capacity import Reservation
from elbow_localstack.elbv2.refused import Refused, invalid, unfit
from elbow_localstack.elbv2.zones import Placement, mappings, place
from elbow_localstack.replacement import replaces

FakeLoadBalancer.availability_zones = property(lambda self: self.zones)


@replaces(ELBV2Response)
def create_load_balancer(self):
    """The same name with the same settings answers the load balancer that exists; other settings are refused."""
    backend, asked = self.elbv2_backend, self._get_params()
    wanted = _built(backend, asked)
    existing = next((found for found in backend.load_balancers.values() if found.name == wanted.name), None)
    if existing is None:
        backend.load_balancers[wanted.arn] = existing = wanted
        backend.tagging_service.tag_resource(wanted.arn, asked.get("Tags"))
    elif _identity(existing) != _identity(wanted):
        raise DuplicateLoadBalancerName()
    return ActionResult({"LoadBalancers": [existing]})


def _identity(balancer) -> tuple:
    zones = sorted((zone.subnet_id, zone.allocation or "", zone.private_ipv4 or "", zone.ipv6 or "") for zone in balancer.zones)
    return balancer.type, balancer.scheme, balancer.ip_address_type, sorted(balancer.security_groups), zones


def _built(backend, asked: dict) -> FakeLoadBalancer:
    name, kind, scheme = asked["Name"], asked.get("Type") or "application", asked.get("Scheme") or "internet-facing"
    _check_name(name)
    if kind not in ("application", "network") or scheme not in ("internet-facing", "internal"):
        raise invalid(f"Load balancers of type '{kind}' and scheme '{scheme}' are not served here")
    # A repeated request names the addresses that the load balancer has already.
    own = next((found for found in backend.load_balancers.values() if found.name == name), None)
    source_nat = asked.get("EnablePrefixForIpv6SourceNat") or "off"
    placement = Placement(kind, scheme, asked.get("IpAddressType") or "ipv4", source_nat, own)
    zones = place(backend, placement, mappings(asked.get("Subnets"), asked.get("SubnetMappings")))
    vpc = zones[0].subnet.vpc_id
    groups = asked.get("SecurityGroups") or []
    _check_groups(backend, vpc, groups)
    if kind == "application" and not groups:
        groups = [backend.ec2_backend.get_default_security_group(vpc).id]
    return _new(backend, name, placement, zones, groups)


def _new(backend, name: str, placement: Placement, zones: list, groups: list[str]) -> FakeLoadBalancer:
    region, unique = backend.region_name, mock_random.get_random_hex(length=16)
    network = placement.kind == "network"
    account = f"arn:{get_partition(region)}:elasticloadbalancing:{region}:{backend.account_id}"
    balancer = FakeLoadBalancer(
        name=name,
        security_groups=groups,
        subnets=[zone.subnet for zone in zones],
        vpc_id=zones[0].subnet.vpc_id,
        arn=f"{account}:loadbalancer/{'net' if network else 'app'}/{name}/{unique}",
        dns_name=_network_name(name, unique, region) if network else _application_name(name, unique, region, placement.scheme),
        state="provisioning",
        scheme=placement.scheme,
        loadbalancer_type=placement.kind,
        ip_address_type=placement.ip_address_type,
    )
    balancer.zones = zones
    balancer.reservation = Reservation()
    balancer.attrs = load_balancer_attributes.initial(placement.kind, placement.scheme)
    balancer.enable_prefix_for_ipv6_source_nat = placement.source_nat if network else None
    balancer.enforce_security_group_inbound_rules_on_private_link_traffic = "on" if network and groups else None
    return balancer


def _network_name(name: str, unique: str, region: str) -> str:
    return f"{name}-{unique}.elb.{region}.amazonaws.com"


def _application_name(name: str, unique: str, region: str, scheme: str) -> str:
    prefix = "internal-" if scheme == "internal" else ""
    return f"{prefix}{name}-{int(unique[:8], 16)}.{region}.elb.amazonaws.com"


def _check_name(name: str) -> None:
    if not re.fullmatch("[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?", name) or name.startswith("internal-"):
        raise invalid(
            f"Load balancer name '{name}' must have up to 32 alphanumeric characters or hyphens, and must not begin or end with"
            " a hyphen, nor begin with 'internal-'"
        )


def _check_groups(backend, vpc: str, groups: list[str]) -> None:
    for group in groups:
        found = backend.ec2_backend.get_security_group_from_id(group)
        if found is None or found.vpc_id != vpc:
            raise Refused("InvalidSecurityGroup", f"Security group '{group}' does not exist in the VPC '{vpc}'")


@replaces(ELBv2Backend)
def delete_load_balancer(self, arn):
    """A protected load balancer is not deleted."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.attrs["deletion_protection.enabled"] == "true":
        raise Refused("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    delete_load_balancer.replaced(self, arn)
    associate(self)


@replaces(ELBV2Response)
def set_security_groups(self):
    """A Network Load Balancer made without security groups never gets any, and one made with some keeps some."""
    balancer = _existing(self)
    groups = self._get_param("SecurityGroups", [])
    enforced = self._get_param("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
    if not balancer.security_groups:
        raise unfit("You cannot set security groups on a Network Load Balancer that was created without security groups")
    if not groups:
        raise unfit("You must specify at least one security group")
    if enforced is not None and balancer.type != "network":
        raise unfit("Inbound rules on PrivateLink traffic are a setting of Network Load Balancers")
    if enforced not in (None, "on", "off"):
        raise invalid("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic must be 'on' or 'off'")
    _check_groups(self.elbv2_backend, balancer.vpc_id, groups)
    balancer.security_groups = groups
    if enforced:
        balancer.enforce_security_group_inbound_rules_on_private_link_traffic = enforced
    key = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    return ActionResult(
        {"SecurityGroupIds": groups, key: balancer.enforce_security_group_inbound_rules_on_private_link_traffic}
    )


@replaces(ELBV2Response)
def set_subnets(self):
    balancer = _existing(self)
    _move(self, balancer, mappings(self._get_param("Subnets"), self._get_param("SubnetMappings")))
    return ActionResult(balancer)


@replaces(ELBV2Response)
def set_ip_address_type(self):
    balancer = _existing(self)
    _move(self, balancer, [{"SubnetId": zone.subnet_id} for zone in balancer.zones])
    return ActionResult({"IpAddressType": balancer.ip_address_type})


def _existing(response) -> FakeLoadBalancer:
    balancer = response.elbv2_backend.load_balancers.get(response._get_param("LoadBalancerArn"))
    if balancer is None:
        raise LoadBalancerNotFoundError()
    return balancer


def _move(response, balancer: FakeLoadBalancer, wanted: list[dict]) -> None:
    """What is not asked for stays as it is."""
    addresses = response._get_param("IpAddressType") or balancer.ip_address_type
    kept = balancer.enable_prefix_for_ipv6_source_nat if addresses == "dualstack" else None
    source_nat = response._get_param("EnablePrefixForIpv6SourceNat") or kept or "off"
    placement = Placement(balancer.type, balancer.scheme, addresses, source_nat, own=balancer)
    zones = place(response.elbv2_backend, placement, wanted, balancer.zones)
    if zones[0].subnet.vpc_id != balancer.vpc_id:
        raise unfit("The subnets must belong to the VPC of the load balancer")
    for listener in balancer.listeners.values():
        check_datagrams(listener.protocol, addresses, source_nat)
    balancer.zones, balancer.subnets = zones, [zone.subnet for zone in zones]
    balancer.ip_address_type = addresses
    if balancer.type == "network":
        balancer.enable_prefix_for_ipv6_source_nat = source_nat


def check_datagrams(protocol: str, ip_address_type: str, source_nat: str) -> None:
    """Datagrams over IPv6 need a prefix for source NAT."""
    if protocol in ("UDP", "TCP_UDP") and ip_address_type == "dualstack" and source_nat != "on":
        raise unfit(f"A dualstack load balancer with a {protocol} listener needs EnablePrefixForIpv6SourceNat to be 'on'")
