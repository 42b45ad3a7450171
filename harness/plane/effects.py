"""What a fault does: to the request, to the service, to the answer, and to the bytes on the wire."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .wire import Drip, Hangup

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answered:
    """A whole answer, before it is sent."""

    status: str
    headers: Headers
    body: bytes


def before(effect: Mapping[str, Any]) -> None:
    """What happens before the service sees the request. Raises Hangup."""
    if "delay_seconds" in effect and effect.get("when", "before") == "before":
        time.sleep(effect["delay_seconds"])
    _hang_up(effect, "before")


def after(effect: Mapping[str, Any]) -> None:
    """What happens when the service has answered, and before the client hears of it. Raises Hangup."""
    if "delay_seconds" in effect and effect.get("when") == "after":
        time.sleep(effect["delay_seconds"])
    _hang_up(effect, "after")


def _hang_up(effect: Mapping[str, Any], when: str) -> None:
    if effect.get("disconnect") == when:
        raise Hangup(resets=False)
    if effect.get("reset") == when:
        raise Hangup(resets=True)


def malformed(answered: Answered, kind: str | None) -> Answered:
    """The answer as a broken server would send it."""
    spoil = _SPOILED.get(kind or "")
    return spoil(answered) if spoil else answered


def _broken_json(answered: Answered) -> Answered:
    return _with_body(answered, answered.body[:-1] + b",")


def _broken_xml(answered: Answered) -> Answered:
    return _with_body(answered, answered.body.rpartition(b"</")[0] or b"<")


def _with_body(answered: Answered, body: bytes) -> Answered:
    headers = [
        (name, str(len(body)) if name.lower() == "content-length" else value)
        for name, value in answered.headers
    ]
    return replace(answered, headers=headers, body=body)


def _other_type(answered: Answered) -> Answered:
    return _with_type(answered, "text/html")


def _other_charset(answered: Answered) -> Answered:
    named = {name.lower(): value for name, value in answered.headers}
    media_type = named.get("content-type", "application/json").partition(";")[0]
    return _with_type(answered, f"{media_type}; charset=utf-16")


def _with_type(answered: Answered, content_type: str) -> Answered:
    others = [(name, value) for name, value in answered.headers if name.lower() != "content-type"]
    return replace(answered, headers=[*others, ("Content-Type", content_type)])


_SPOILED: dict[str, Callable[[Answered], Answered]] = {
    "json": _broken_json,
    "xml": _broken_xml,
    "type": _other_type,
    "charset": _other_charset,
}


def on_the_wire(effect: Mapping[str, Any]) -> Drip | int | None:
    """How the answer's body leaves: in drips, cut after so many bytes, or as it is."""
    if "stall_seconds" in effect:
        return Drip(effect["stall_seconds"], effect.get("every_bytes", 1))
    cut: int | None = effect.get("truncate")
    return cut
