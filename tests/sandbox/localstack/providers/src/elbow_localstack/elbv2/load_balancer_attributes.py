"""Attributes of load balancers (ELBv2 API reference, `LoadBalancerAttribute`)."""

from moto.elbv2.exceptions import LoadBalancerNotFoundError
from moto.elbv2.models import ELBv2Backend

from elbow_localstack.elbv2.attributes import boolean, check, defaults, number, one_of, text
from elbow_localstack.elbv2.refused import unfit
from elbow_localstack.replacement import replaces

_BOTH = {
    "access_logs.s3.bucket": text(),
    "access_logs.s3.enabled": boolean(False),
    "access_logs.s3.prefix": text(),
    "deletion_protection.enabled": boolean(False),
    "ipv6.deny_all_igw_traffic": boolean(False),
    "zonal_shift.config.enabled": boolean(False),
}
_NETWORK = {
    **_BOTH,
    "dns_record.client_routing_policy": one_of(
        "any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"
    ),
    "load_balancing.cross_zone.enabled": boolean(False),
    "secondary_ips.auto_assigned.per_subnet": number(0, 0, 7),
}
_APPLICATION = {
    **_BOTH,
    "client_keep_alive.seconds": number(3600, 60, 604800),
    "connection_logs.s3.bucket": text(),
    "connection_logs.s3.enabled": boolean(False),
    "connection_logs.s3.prefix": text(),
    "health_check_logs.s3.bucket": text(),
    "health_check_logs.s3.enabled": boolean(False),
    "health_check_logs.s3.prefix": text(),
    "idle_timeout.timeout_seconds": number(60, 1, 4000),
    # Always on.
    "load_balancing.cross_zone.enabled": one_of("true"),
    "routing.http.desync_mitigation_mode": one_of("defensive", "monitor", "strictest"),
    "routing.http.drop_invalid_header_fields.enabled": boolean(False),
    "routing.http.preserve_host_header.enabled": boolean(False),
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": boolean(False),
    "routing.http.xff_client_port.enabled": boolean(False),
    "routing.http.xff_header_processing.mode": one_of("append", "preserve", "remove"),
    "routing.http2.enabled": boolean(True),
    "waf.fail_open.enabled": boolean(False),
}
_TABLES = {"network": _NETWORK, "application": _APPLICATION}


def initial(kind: str, scheme: str) -> dict[str, str]:
    """What a new load balancer has."""
    internal = "true" if scheme == "internal" else "false"
    return defaults(_TABLES[kind]) | {"ipv6.deny_all_igw_traffic": internal}


@replaces(ELBv2Backend)
def modify_load_balancer_attributes(self, arn, attrs):
    balancer = self.load_balancers.get(arn)
    if balancer is None:
        raise LoadBalancerNotFoundError()
    what = f"Load balancers of type '{balancer.type}'"
    check(what, attrs, _TABLES[balancer.type], set(_NETWORK) | set(_APPLICATION))
    wanted = balancer.attrs | attrs
    for logs in ("access_logs", "connection_logs", "health_check_logs"):
        if wanted.get(f"{logs}.s3.enabled") == "true" and not wanted[f"{logs}.s3.bucket"]:
            raise unfit(f"{logs}.s3.bucket must be specified when {logs}.s3.enabled is true")
    secondary = "secondary_ips.auto_assigned.per_subnet"
    if int(wanted.get(secondary, 0)) < int(balancer.attrs.get(secondary, 0)):
        raise unfit(f"'{secondary}' cannot be decreased")
    balancer.attrs = wanted
    return wanted
