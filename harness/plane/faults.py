"""Faults on demand: rules that say which requests go wrong, and how.

A rule is ``{"match": {...}, "effect": {...}}``. ``effects`` carries an effect out.
"""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.core.refusals import Refusal
from app.http.http_refusals import HttpRefusal

# Every refusal that the service knows, by its value.
REFUSALS: dict[str, Refusal | HttpRefusal] = {
    refusal.value: refusal for kind in (Refusal, HttpRefusal) for refusal in kind
}
LONGEST_SECONDS = 300
MATCHES = ("operation", "dialect", "method", "path", "user")
COUNTS = ("nth", "skip", "times")
WHEN = ("before", "after")
MALFORMED = ("json", "xml", "type", "charset")


class RuleFault(NamedTuple):
    """What is wrong with a rule. ``place`` is a JSON pointer, such as ``/effect/status``."""

    place: str
    text: str


class BadRule(Exception):
    def __init__(self, faults: list[RuleFault]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.text}" for fault in faults))
        self.faults = faults


@dataclass
class Rule:
    """One rule. It has met ``met`` matching requests, and has fired ``fired`` times."""

    id: int
    match: Mapping[str, Any]
    effect: Mapping[str, Any]
    met: int = 0
    fired: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "match": dict(self.match),
            "effect": dict(self.effect),
            "met": self.met,
            "fired": self.fired,
        }


@dataclass(frozen=True)
class Asked:
    """What of a request a rule may match."""

    method: str
    path: str
    operation: str | None
    dialect: str | None
    users: frozenset[str] = field(default_factory=frozenset)


class Faults:
    """The rules of one world, in the order in which they were added. The first that fires is it."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, match: Any, effect: Any) -> Rule:
        """Raises BadRule."""
        faults = [*_match_faults(match), *_effect_faults(effect)]
        if faults:
            raise BadRule(faults)
        with self._lock:
            rule = Rule(next(self._ids), dict(match), dict(effect))
            self._rules.append(rule)
        return rule

    def all(self) -> list[Rule]:
        with self._lock:
            return list(self._rules)

    def remove(self, rule_id: int) -> bool:
        with self._lock:
            kept = [rule for rule in self._rules if rule.id != rule_id]
            found = len(kept) != len(self._rules)
            self._rules = kept
            return found

    def clear(self) -> None:
        with self._lock:
            self._rules = []

    def fires(self, asked: Asked) -> Rule | None:
        """The rule that makes this request go wrong. Every rule that it matches counts it."""
        found = None
        with self._lock:
            for rule in self._rules:
                if not _matches(rule.match, asked):
                    continue
                rule.met += 1
                if found is None and _is_due(rule):
                    rule.fired += 1
                    found = rule
        return found


def _matches(match: Mapping[str, Any], asked: Asked) -> bool:
    given = {name: match[name] for name in MATCHES if name in match}
    users = {user.casefold() for user in asked.users}
    return all(
        value.casefold() in users if name == "user" else value == getattr(asked, name)
        for name, value in given.items()
    )


def _is_due(rule: Rule) -> bool:
    match = rule.match
    if "nth" in match:
        return bool(rule.met == match["nth"])
    skipped = rule.met > match.get("skip", 0)
    return skipped and ("times" not in match or rule.fired < match["times"])


def _match_faults(match: Any) -> list[RuleFault]:
    if not isinstance(match, Mapping):
        return [RuleFault("/match", "must be an object")]
    faults = []
    for name, value in match.items():
        if name in MATCHES:
            if not isinstance(value, str) or not value:
                faults.append(RuleFault(f"/match/{name}", "must be a text"))
        elif name in COUNTS:
            least = 0 if name == "skip" else 1
            if not _is_number(value, int) or value < least:
                faults.append(RuleFault(f"/match/{name}", f"must be an integer from {least} on"))
        else:
            faults.append(RuleFault(f"/match/{name}", "is unknown"))
    if "nth" in match and ("skip" in match or "times" in match):
        faults.append(RuleFault("/match/nth", "cannot stand beside skip or times"))
    return faults


# The keys of each effect: the one that names it first, then those that may stand beside it.
EFFECTS: dict[str, tuple[str, ...]] = {
    "refuse": ("retry_after",),
    "status": (),
    "delay_seconds": ("when",),
    "disconnect": (),
    "reset": (),
    "truncate": (),
    "malform": (),
    "database": (),
    "stall_seconds": ("every_bytes",),
    "clock_skew_seconds": (),
}


def _effect_faults(effect: Any) -> list[RuleFault]:
    if not isinstance(effect, Mapping):
        return [RuleFault("/effect", "must be an object")]
    named = [name for name in EFFECTS if name in effect]
    if len(named) != 1:
        return [RuleFault("/effect", f"must have one of {', '.join(EFFECTS)}")]
    [name] = named
    faults = [
        RuleFault(f"/effect/{other}", "is unknown" if other not in EFFECTS else "is one too many")
        for other in effect
        if other != name and other not in EFFECTS[name]
    ]
    text = _value_fault(name, effect[name])
    if text:
        faults.append(RuleFault(f"/effect/{name}", text))
    for other in EFFECTS[name]:
        if other in effect and (text := _value_fault(other, effect[other])):
            faults.append(RuleFault(f"/effect/{other}", text))
    return faults


Check = Callable[[Any], bool]


def _integer(least: int, most: float = float("inf")) -> Check:
    return lambda value: _is_number(value, int) and least <= value <= most


def _seconds(value: Any) -> bool:
    return _is_number(value, int, float) and 0 <= value <= LONGEST_SECONDS


# What each key of an effect may hold, and how that is said.
VALUES: dict[str, tuple[Check, str]] = {
    "refuse": (
        lambda value: isinstance(value, str) and value.lower() in REFUSALS,
        "must be the name of a refusal, such as TOKEN_EXPIRED",
    ),
    "status": (_integer(400, 599), "must be a status from 400 to 599"),
    "disconnect": (WHEN.__contains__, "must be before or after"),
    "reset": (WHEN.__contains__, "must be before or after"),
    "when": (WHEN.__contains__, "must be before or after"),
    "malform": (MALFORMED.__contains__, f"must be one of {', '.join(MALFORMED)}"),
    "database": (lambda value: value == "unavailable", "must be unavailable"),
    "truncate": (_integer(0), "must be an integer from 0 on"),
    "retry_after": (_integer(1), "must be an integer from 1 on"),
    "every_bytes": (_integer(1), "must be an integer from 1 on"),
    "delay_seconds": (_seconds, f"must be a number of seconds from 0 to {LONGEST_SECONDS}"),
    "stall_seconds": (_seconds, f"must be a number of seconds from 0 to {LONGEST_SECONDS}"),
    "clock_skew_seconds": (
        lambda value: _is_number(value, int, float),
        "must be a number of seconds",
    ),
}


def _value_fault(name: str, value: Any) -> str | None:
    check, text = VALUES[name]
    return None if check(value) else text


def _is_number(value: Any, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)
