"""Elastic Load Balancing v2 and EKS for LocalStack.

LocalStack's free set lacks both, yet the moto library that it contains models them. Each operation of the AWS service
description is therefore answered by moto, in LocalStack's own process, so that load balancers see its subnets, security
groups and instances.
"""

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service, aws_provider

import elbow_elbv2_corrections


def _answer(context, request):
    """Answers one request; moto reads it from the context again, so the parsed form is not needed."""
    return call_moto(context)


def _served_by_moto(api: str) -> Service:
    description = load_service(api)
    operations = dict.fromkeys(description.operation_names, _answer)
    return Service(api, skeleton=Skeleton(description, operations))


@aws_provider(api="elbv2")
def elbv2() -> Service:
    elbow_elbv2_corrections.apply()
    return _served_by_moto("elbv2")


@aws_provider(api="eks")
def eks() -> Service:
    return _served_by_moto("eks")
