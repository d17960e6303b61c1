"""Where moto's WAF differs from the real one: what a web ACL can be associated with, and how often.

Each correction follows the WAF API reference; importing this module applies them all.
"""

from moto.elbv2.models import elbv2_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import WAFV2Backend

from elbow_localstack.replacement import replaces


def _load_balancer(backend, arn: str):
    """Only Application Load Balancers are protected; one that is gone is associated with nothing."""
    if ":loadbalancer/net/" in arn:
        raise WAFv2ClientError("WAFInvalidParameterException", f"The resource '{arn}' cannot be protected by a web ACL")
    return elbv2_backends[backend.account_id][backend.region_name].load_balancers.get(arn)


@replaces(WAFV2Backend)
def associate_web_acl(self, web_acl_arn, resource_arn):
    """A resource has one web ACL at most: the new one takes the place of the old."""
    if web_acl_arn not in self.wacls or _load_balancer(self, resource_arn) is None:
        raise WAFNonexistentItemException
    self.disassociate_web_acl(resource_arn)
    associate_web_acl.replaced(self, web_acl_arn, resource_arn)


@replaces(WAFV2Backend)
def get_web_acl_for_resource(self, resource_arn):
    if _load_balancer(self, resource_arn) is None:
        raise WAFNonexistentItemException
    return get_web_acl_for_resource.replaced(self, resource_arn)


@replaces(WAFV2Backend)
def delete_web_acl(self, name, scope, _id, lock_token):
    """One that protects something stays."""
    for web_acl in self.wacls.values():
        used = [arn for arn in web_acl.associated_resources if _load_balancer(self, arn)]
        if web_acl.id == _id and used:
            raise WAFv2ClientError("WAFAssociatedItemException", "The web ACL is associated with a resource")
    return delete_web_acl.replaced(self, name, scope, _id, lock_token)
