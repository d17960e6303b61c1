"""Which load balancer uses a target group: one at most."""

from elbow_localstack.elbv2.refused import Refused


def groups_of(actions) -> list[str]:
    """ARNs of the target groups that actions forward to."""
    found = []
    for action in actions:
        data = action.data
        forward = data.get("ForwardConfig", {}).get("TargetGroups", [])
        found += [group["TargetGroupArn"] for group in forward] or [data[key] for key in ("TargetGroupArn",) if key in data]
    return found


def associate(backend) -> None:
    """Writes down at each target group which load balancer uses it now."""
    users = {arn: [] for arn in backend.target_groups}
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                for arn in groups_of(rule.actions):
                    if balancer.arn not in users.setdefault(arn, []):
                        users[arn].append(balancer.arn)
    for arn, group in backend.target_groups.items():
        group.load_balancer_arns = users[arn]


def check_one_user(backend, balancer, actions) -> None:
    for arn in groups_of(actions):
        if any(user != balancer.arn for user in backend.target_groups[arn].load_balancer_arns):
            raise Refused(
                "TargetGroupAssociationLimit",
                f"The following target groups cannot be associated with more than one load balancer: {arn}",
            )
