"""Attributes of load balancers, target groups and listeners: what a key may hold, and what it holds from the start."""

from dataclasses import dataclass
from typing import Callable

from elbow_localstack.elbv2.refused import invalid, unfit


@dataclass(frozen=True)
class Attribute:
    default: str
    allows: Callable[[str], bool]


def one_of(default: str, *others: str) -> Attribute:
    return Attribute(default, lambda value: value in (default, *others))


def boolean(default: bool) -> Attribute:
    return one_of("true", "false") if default else one_of("false", "true")


def number(default: int, lowest: int, highest: int) -> Attribute:
    return Attribute(str(default), lambda value: value == str(default) or in_range(value, lowest, highest))


def off_or_number(default: str, lowest: int, highest: int) -> Attribute:
    return Attribute(default, lambda value: value == "off" or in_range(value, lowest, highest))


def text(default: str = "") -> Attribute:
    return Attribute(default, lambda value: True)


def in_range(value: str, lowest: int, highest: int) -> bool:
    return value.isdecimal() and lowest <= int(value) <= highest


def defaults(table: dict[str, Attribute]) -> dict[str, str]:
    return {key: attribute.default for key, attribute in table.items()}


def check(what: str, given: dict[str, str], table: dict[str, Attribute], other_kinds: set[str]) -> None:
    """Refuses keys that do not exist, keys of other kinds, and values that are not allowed."""
    for key, value in given.items():
        if key not in table:
            if key in other_kinds:
                raise unfit(f"{what} do not support the attribute '{key}'")
            raise invalid(f"Attribute key '{key}' is not recognized")
        if not table[key].allows(value):
            raise invalid(f"'{value}' is not a valid value of the attribute '{key}'")
