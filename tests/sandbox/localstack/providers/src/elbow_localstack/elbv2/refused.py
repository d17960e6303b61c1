"""Errors with the codes and, where they are known, the words of the real service."""

from moto.core.exceptions import ServiceException


class Refused(ServiceException):
    def __init__(self, code: str, message: str):
        super().__init__(code, message)


def invalid(message: str) -> Refused:
    """A parameter that is wrong by itself."""
    return Refused("ValidationError", message)


def unfit(message: str) -> Refused:
    """A parameter that does not fit the resource."""
    return Refused("InvalidConfigurationRequest", message)
