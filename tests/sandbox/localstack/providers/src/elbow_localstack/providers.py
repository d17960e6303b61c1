"""Elastic Load Balancing v2, EKS and WAF for LocalStack, and EC2 with corrections.

LocalStack's free set lacks the first three, yet the moto library that it contains models them. Each operation of the AWS
service description is therefore answered by moto, in LocalStack's own process, so that load balancers see its subnets,
security groups and instances. Corrections are imported when LocalStack first loads a service, for importing applies them.
"""

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.moto import MotoFallbackDispatcher, call_moto
from localstack.services.plugins import Service, aws_provider

from elbow_localstack import serial  # noqa: F401


def _answer(context, request):
    """Answers one request; moto reads it from the context again, so the parsed form is not needed."""
    return call_moto(context)


def _served_by_moto(api: str) -> Service:
    description = load_service(api)
    operations = dict.fromkeys(description.operation_names, _answer)
    return Service(api, skeleton=Skeleton(description, operations))


@aws_provider(api="elbv2")
def elbv2() -> Service:
    from elbow_localstack import elbv2 as corrections  # noqa: F401

    return _served_by_moto("elbv2")


@aws_provider(api="eks")
def eks() -> Service:
    return _served_by_moto("eks")


@aws_provider(api="wafv2")
def wafv2() -> Service:
    from elbow_localstack import wafv2 as corrections  # noqa: F401

    return _served_by_moto("wafv2")


@aws_provider(api="ec2", name="elbow")
def ec2() -> Service:
    from localstack.services.ec2.provider import Ec2Provider

    from elbow_localstack import ec2 as corrections  # noqa: F401

    return Service.for_provider(Ec2Provider(), dispatch_table_factory=MotoFallbackDispatcher)
