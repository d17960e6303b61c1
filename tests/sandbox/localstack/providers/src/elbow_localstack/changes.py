"""Tells others that what AWS describes may have changed: a file with counts of the writes to each service and resource.

The variable ELBOW_SANDBOX_CHANGES names the file, a JSON object such as {"ec2": 7, "elbv2": 12, "arns": {"arn:...": 3}};
without it nothing is counted. Counts move after the write, so who reads them first and then AWS misses nothing.
"""

import json
import os
import threading

from localstack.runtime import hooks

_WATCHED = ("ec2", "elbv2")
_READS = ("Describe", "Get", "List", "Search")


class Changes:
    """A handler of LocalStack's chain for responses."""

    def __init__(self, path: str):
        self._path = path
        self._counts = dict.fromkeys(_WATCHED, 0) | {"arns": {}}
        self._lock = threading.Lock()

    def __call__(self, chain, context, response):
        operation = context.operation
        service = operation.service_model.service_name if operation else None
        # A write that failed may have changed something too.
        if service in _WATCHED and not operation.name.startswith(_READS):
            with self._lock:
                self._count(service, context.service_request or {})
                self._write()

    def _count(self, service: str, request: dict) -> None:
        """What is written to is named in parameters such as TargetGroupArn; tags, whose resources are in a list, do not matter."""
        self._counts[service] += 1
        arns = self._counts["arns"]
        for key, value in request.items():
            if key.endswith("Arn") and isinstance(value, str):
                arns[value] = arns.get(value, 0) + 1

    def _write(self) -> None:
        """A reader sees the old counts or the new ones, never a part."""
        partial = f"{self._path}.partial"
        with open(partial, "w", encoding="ascii") as file:
            json.dump(self._counts, file)
        os.replace(partial, self._path)


@hooks.on_infra_start(should_load=lambda: "ELBOW_SANDBOX_CHANGES" in os.environ)
def count_changes():
    from localstack.aws import handlers

    handlers.run_custom_response_handlers.append(Changes(os.environ["ELBOW_SANDBOX_CHANGES"]))
