"""Tells others that what AWS describes may have changed: a file with a count of the writes to each service.

The variable ELBOW_SANDBOX_CHANGES names the file, a JSON object such as {"ec2": 7, "elbv2": 12}; without it nothing is
counted. A count moves after the write, so who reads the count first and then AWS misses nothing.
"""

import json
import os
import threading

from localstack.runtime import hooks

_WATCHED = ("acm", "ec2", "elbv2")
_READS = ("Describe", "Get", "List", "Search")


class Changes:
    """A handler of LocalStack's chain for responses."""

    def __init__(self, path: str):
        self._path = path
        self._counts = dict.fromkeys(_WATCHED, 0)
        self._lock = threading.Lock()

    def __call__(self, chain, context, response):
        operation = context.operation
        service = operation.service_model.service_name if operation else None
        # A write that failed may have changed something too.
        if service in _WATCHED and not operation.name.startswith(_READS):
            with self._lock:
                self._counts[service] += 1
                self._write()

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
