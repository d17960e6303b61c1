"""What a data plane outside of LocalStack found out about targets.

The variable ELBOW_SANDBOX_VERDICTS names the file: by the ARN of the target group and "ID:PORT" of the target an object with
state, reason and description. Without the variable there is no data plane.
"""

import json
import os

_PATH = os.environ.get("ELBOW_SANDBOX_VERDICTS")
_REGISTERING = {
    "state": "initial",
    "reason": "Elb.RegistrationInProgress",
    "description": "Target registration is in progress",
}
_read = (None, {})


def are_given() -> bool:
    """Whether there is a data plane that checks targets."""
    return _PATH is not None


def verdict_on(group: str, target: str) -> dict:
    """What was found about a registered target, or that it was not looked at since it was registered."""
    found = _verdicts().get(group, {}).get(target, _REGISTERING)
    return _REGISTERING if found["state"] == "draining" else found


def draining(group: str) -> dict[str, dict]:
    """The targets that were deregistered and may still have connections, with what is said about them."""
    found = _verdicts().get(group, {})
    return {target: verdict for target, verdict in found.items() if verdict["state"] == "draining"}


def _verdicts() -> dict[str, dict]:
    """The file is replaced as a whole, so it is read again only when it is another one."""
    global _read
    if _PATH is None:
        return {}
    try:
        found = os.stat(_PATH)
        identity = (found.st_ino, found.st_mtime_ns)
        if _read[0] != identity:
            with open(_PATH, encoding="utf-8") as file:
                _read = (identity, json.load(file))
    except FileNotFoundError:
        return {}
    return _read[1]
