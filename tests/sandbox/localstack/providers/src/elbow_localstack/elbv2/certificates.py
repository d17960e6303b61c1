"""Certificates of listeners: a default one, and more that clients choose by name."""

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.exceptions import TooManyCertificatesError
from moto.elbv2.responses import ELBV2Response

from elbow_localstack.elbv2.refused import Refused, invalid, unfit
from elbow_localstack.replacement import replaces

# Without the default certificate.
_MOST = 25


def default_of(backend, protocol: str, given: list[dict]) -> str | None:
    """The default certificate that a request gives to a listener of the protocol."""
    if not given:
        return None
    if protocol not in ("TLS", "HTTPS"):
        raise unfit(f"A certificate cannot be specified for {protocol} listeners")
    if len(given) > 1 or "IsDefault" in given[0]:
        raise invalid("Exactly one certificate must be specified, without IsDefault")
    _check_exists(backend, given[0]["CertificateArn"])
    return given[0]["CertificateArn"]


def _check_exists(backend, arn: str) -> None:
    if not backend._certificate_exists(certificate_arn=arn):
        raise Refused("CertificateNotFound", f"Certificate '{arn}' not found")


@replaces(ELBV2Response)
def describe_listener_certificates(self):
    listener = _listener(self)
    default = [{"CertificateArn": arn, "IsDefault": True} for arn in listener.certificates]
    more = [{"CertificateArn": arn, "IsDefault": False} for arn in listener.more_certificates]
    return ActionResult({"Certificates": default + more})


@replaces(ELBV2Response)
def add_listener_certificates(self):
    listener, arns = _listener(self), _arns(self)
    if listener.protocol not in ("TLS", "HTTPS"):
        raise unfit(f"A certificate cannot be added to {listener.protocol} listeners")
    for arn in arns:
        _check_exists(self.elbv2_backend, arn)
    together = list(dict.fromkeys(listener.more_certificates + arns))
    if len(together) > _MOST:
        raise TooManyCertificatesError()
    listener.more_certificates = together
    return ActionResult({"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in arns]})


@replaces(ELBV2Response)
def remove_listener_certificates(self):
    listener, arns = _listener(self), _arns(self)
    if any(arn in listener.certificates and arn not in listener.more_certificates for arn in arns):
        raise Refused("OperationNotPermitted", "The default certificate of a listener cannot be removed")
    listener.more_certificates = [arn for arn in listener.more_certificates if arn not in arns]
    return EmptyResult()


def _listener(response):
    arns = [response._get_param("ListenerArn")]
    return response.elbv2_backend.describe_listeners(load_balancer_arn=None, listener_arns=arns)[0]


def _arns(response) -> list[str]:
    given = response._get_param("Certificates", [])
    if not given or any("IsDefault" in certificate for certificate in given):
        raise invalid("Certificates must be specified, without IsDefault")
    return [certificate["CertificateArn"] for certificate in given]
