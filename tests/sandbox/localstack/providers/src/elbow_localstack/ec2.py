"""Where moto's EC2 differs from the real one: rules of security groups, and their descriptions.

Each correction follows the EC2 API reference; importing this module applies them all.
"""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule

from elbow_localstack.replacement import replaces


def _source(rule) -> tuple:
    return (
        rule.ip_range.get("CidrIp"),
        rule.ip_range.get("CidrIpv6"),
        rule.source_group.get("GroupId") or rule.source_group.get("GroupName"),
        rule.prefix_list_id,
    )


@replaces(SecurityGroupRule)
def __eq__(self, other):
    """A rule is known by protocol, ports and source, not by its description."""
    ports = self.ip_protocol == "-1" or (self.from_port, self.to_port) == (other.from_port, other.to_port)
    return ports and self.ip_protocol == other.ip_protocol and _source(self) == _source(other)


@replaces(SecurityGroupBackend)
def _iterate_security_rules(self, *args, **kwargs):
    """Prefix lists must exist, and the description of their rules is kept."""
    asked = args[6] if len(args) > 6 else kwargs["prefix_list_ids"]
    by_id = {prefix_list["PrefixListId"]: prefix_list for prefix_list in asked}
    for prefix_list in by_id:
        if prefix_list not in self.managed_prefix_lists:
            raise EC2ClientError("InvalidPrefixListID.NotFound", f"The prefix list ID '{prefix_list}' does not exist")
    for rule in _iterate_security_rules.replaced(self, *args, **kwargs):
        rule.prefix_list = by_id.get(rule.prefix_list_id, {})
        yield rule


@replaces(SecurityGroup)
def _flattened_rules(self, rules):
    views = _flattened_rules.replaced(self, rules)
    for view in views:
        view.prefix_list_ids = [
            rule.prefix_list
            for rule in rules
            if rule.prefix_list_id
            and (rule.ip_protocol, rule.from_port, rule.to_port) == (view.ip_protocol, view.from_port, view.to_port)
        ]
    return views


def _description(rule) -> str | None:
    sources = (rule.ip_range, rule.source_group, getattr(rule, "prefix_list", {}))
    return next((source["Description"] for source in sources if source.get("Description")), None)


SecurityGroupRule.description = property(_description)
