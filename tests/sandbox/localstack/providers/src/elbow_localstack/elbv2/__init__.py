"""Where moto's Elastic Load Balancing v2 differs from the real one in ways that elbow relies on.

Each correction follows the ELBv2 API reference; importing this package applies them all. What the real service does over
time (provisioning, draining, groups held by network interfaces, read lag, throttling, quotas) is not modelled here.
"""

from elbow_localstack.elbv2 import (  # noqa: F401
    capacity,
    certificates,
    listener_attributes,
    listeners,
    load_balancer_attributes,
    load_balancers,
    target_group_attributes,
    target_groups,
    targets,
)
