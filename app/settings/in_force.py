"""The settings in force, for operators: each value and where it is from; never a secret."""

from collections.abc import Iterable
from typing import NamedTuple

from .source import Stated

HIDDEN = "set, and never shown"


class Line(NamedTuple):
    """One setting. ``source`` is "environment", "file" or "default"."""

    variable: str
    value: str
    source: str
    meaning: str


def in_force(stated: Iterable[Stated]) -> list[Line]:
    """In the order of the documentation."""
    return [
        Line(setting.variable, _shown(setting.secret, text), source, setting.meaning)
        for setting, text, source in stated
    ]


def _shown(secret: bool, text: str) -> str:
    if not text:
        return "not set"
    return HIDDEN if secret else text
