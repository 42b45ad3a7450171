"""What is wrong with bytes that are not a valid request, and the default words for it."""

from dataclasses import dataclass
from enum import StrEnum, unique
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from httptools import HttpParserCallbackError, HttpParserError

if TYPE_CHECKING:
    from .request import Request


@unique
class Part(StrEnum):
    """Where the fault is: in what the client sent, or on our side."""

    LINE = "request line"
    METHOD = "method"
    HEADER = "header"
    BODY = "body"
    LOAD = "load"
    ANSWER = "answer"


class BadRequest(Exception):
    """Raised while a request is parsed. ``reason`` is a fixed sentence and quotes nothing that was sent."""

    def __init__(self, status: HTTPStatus, part: Part, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.part = part
        self.reason = reason


def not_valid(part: Part) -> BadRequest:
    return BadRequest(HTTPStatus.BAD_REQUEST, part, f"the {part} is not valid")


def raised_by_us(error: HttpParserError) -> BadRequest | None:
    """The BadRequest of one of our callbacks, which httptools wraps. Raises any other error of theirs."""
    cause = error.__context__ if isinstance(error, HttpParserCallbackError) else None
    if cause is not None and not isinstance(cause, BadRequest):
        raise cause
    return cause


@dataclass(frozen=True)
class Fault:
    """An error that the server answers itself. ``method`` and ``path`` are "" if unknown."""

    status: HTTPStatus
    part: Part
    reason: str
    method: str = ""
    path: str = ""
    address: str | None = None


@dataclass(frozen=True)
class Phrased:
    """What the client is told; the server adds the headers that every answer has."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def overload(request: "Request", address: str | None) -> Fault:
    return _ours(HTTPStatus.SERVICE_UNAVAILABLE, Part.LOAD, "too much waits", request, address)


def failure(request: "Request", address: str | None) -> Fault:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _ours(status, Part.ANSWER, "something went wrong here", request, address)


def _ours(
    status: HTTPStatus, part: Part, reason: str, request: "Request", address: str | None
) -> Fault:
    path = request.environ["PATH_INFO"]
    return Fault(status, part, reason, method=request.method, path=path, address=address)


def plain_phrase(_application: Any, fault: Fault) -> Phrased:
    """The default of the hook ``Worker.phrase``: the reason as plain text."""
    body = f"{fault.reason}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    if fault.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "1"))
    return Phrased(f"{fault.status.value} {fault.status.phrase}", headers, body)
