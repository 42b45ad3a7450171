"""An operation's contract, stated once beside its view, and the pipeline that enforces it.

The order is fixed: the dialect's own guard (headers every request needs), the credential, the query,
the body. What the view returns is dumped through the answer's schema.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from flask import Request, Response, current_app, g, request

from ..core.audit import Origin
from ..core.core import Core
from ..core.refusals import Refusal, Refused
from .answers import Answer, Reply
from .bodies import Body
from .http_refusals import HttpRefusal

if TYPE_CHECKING:
    from .dialect import Dialect


class Credential(Protocol):
    """How an operation's caller proves itself. ``security`` is OpenAPI's requirement for it."""

    security: list[dict[str, list[str]]]
    refusals: frozenset[StrEnum]

    def resolve(self, call: "Call") -> Any:
        """The caller as the view needs it, or Refused."""


@dataclass
class Call:
    """One request on its way through the pipeline, as a view sees it."""

    core: Core
    request: Request
    origin: Origin
    client: Any = None
    caller: Any = None
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)

    def name_client(self, client_id: str) -> None:
        """Record the client application that made the request, for its log line and audit events."""
        self.client = client_id
        self.origin = self.origin._replace(client=client_id)


View = Callable[..., Any]


class UnstatedRefusal(Exception):
    """An operation was refused in a way that its contract does not state: a fault of ours."""

    def __init__(self, operation: "Operation", refusal: StrEnum) -> None:
        super().__init__(f"{operation.method} {operation.path} does not state {refusal}")
        self.refusal = refusal


@dataclass(frozen=True)
class Operation:
    """What one method on one path takes, gives and refuses."""

    dialect: "Dialect"
    method: str
    path: str
    view: View
    summary: str
    status: int = 200
    body: Body | None = None
    answer: Answer | None = None
    credential: Credential | None = None
    query: frozenset[str] | None = frozenset()
    refuses: frozenset[StrEnum] = frozenset()
    description: str = ""
    headers: tuple[str, ...] = ()
    # For ``/verify``: a gateway passes on its client's body, of any size, and it is not read.
    ignores_body: bool = False

    @cached_property
    def refusals(self) -> frozenset[StrEnum]:
        """All refusals that this operation may answer. The published contract lists them, and the
        pipeline passes no others."""
        found: set[StrEnum] = {
            *self.refuses,
            *self.dialect.guard_refusals,
            HttpRefusal.INTERNAL,
            Refusal.STORE_UNAVAILABLE,
            Refusal.KEYS_UNUSABLE,
        }
        if not self.ignores_body:
            found |= {HttpRefusal.BODY_TOO_LARGE}
        if "<" in self.path:
            found |= {HttpRefusal.URL_UNKNOWN}
        if self.body is not None:
            found |= {
                HttpRefusal.BODY_MALFORMED,
                HttpRefusal.BODY_INVALID,
                HttpRefusal.MEDIA_TYPE_UNSUPPORTED,
            }
        if self.credential is not None:
            found |= self.credential.refusals
        if self.query is not None and self.dialect.refuses_unknown_parameters:
            found |= {HttpRefusal.PARAMETER_UNKNOWN}
        return frozenset(found)

    def __call__(self, **path_values: Any) -> Response:
        asked = request._get_current_object()  # type: ignore[attr-defined]
        call = g.call = Call(current_core(), asked, origin(self.dialect.name))
        try:
            return self._answered(call, path_values)
        except Refused as refused:
            if refused.refusal in self.refusals:
                raise
            raise UnstatedRefusal(self, refused.refusal) from refused

    def _answered(self, call: Call, path_values: dict[str, Any]) -> Response:
        asked = call.request
        self.dialect.guard(call)
        if self.credential is not None:
            call.caller = self.credential.resolve(call)
        if self.query is not None:
            call.query = self._read_query()
        if self.body is not None:
            call.body = self.body.load(asked)
        result = self.view(call, **path_values)
        reply = result if isinstance(result, Reply) else Reply(result)
        if isinstance(reply.data, Response):
            response = reply.data
        elif self.answer is None:
            response = Response(status=self.status)
            del response.headers["Content-Type"]
        else:
            response = self.answer.write(asked, reply.data, self.status)
        response.headers.update(reply.headers)
        return response

    def _read_query(self) -> dict[str, str]:
        """The parameters that the operation knows. Raises Refused(PARAMETER_UNKNOWN) if the dialect
        refuses others."""
        known = self.query or frozenset()
        if self.dialect.refuses_unknown_parameters:
            for name in request.args:
                if name not in known:
                    raise Refused(HttpRefusal.PARAMETER_UNKNOWN)
        return {name: request.args[name] for name in known if name in request.args}


def current_core() -> Core:
    core: Core = current_app.extensions["watchword"].core
    return core


def origin(door: str) -> Origin:
    """Where the current request came from, as audit events record it."""
    allowance = current_core().policy.address_events_per_hour
    return Origin(door, g.client_address, g.request_id, allowance)


def refusals(*sets: Iterable[StrEnum]) -> frozenset[StrEnum]:
    return frozenset(refusal for found in sets for refusal in found)


# What any request may be refused with, even if its URL has no operation: by the server that reads it,
# by routing, by the limit on bodies, and if the service itself cannot answer.
SERVER_WIDE: frozenset[StrEnum] = frozenset(
    {
        HttpRefusal.MESSAGE_MALFORMED,
        HttpRefusal.BODY_MALFORMED,
        HttpRefusal.BODY_TOO_LARGE,
        HttpRefusal.URL_UNKNOWN,
        HttpRefusal.METHOD_NOT_ALLOWED,
        HttpRefusal.INTERNAL,
        Refusal.BUSY,
        Refusal.STORE_UNAVAILABLE,
        Refusal.KEYS_UNUSABLE,
    }
)

# What proving a password may be refused with, whatever the dialect.
PASSWORD_REFUSALS: frozenset[StrEnum] = frozenset(
    {
        Refusal.LOGIN_UNKNOWN,
        Refusal.PASSWORD_WRONG,
        Refusal.ACCOUNT_DISABLED,
        Refusal.ACCOUNT_PAUSED,
        Refusal.ADDRESS_PAUSED,
        Refusal.BUSY,
    }
)

# What presenting a token may be refused with.
TOKEN_REFUSALS: frozenset[StrEnum] = frozenset(
    {
        Refusal.CREDENTIALS_MISSING,
        Refusal.TOKEN_MALFORMED,
        Refusal.TOKEN_FORGED,
        Refusal.TOKEN_MISUSED,
        Refusal.TOKEN_UNKNOWN,
        Refusal.TOKEN_EXPIRED,
        Refusal.TOKEN_SUPERSEDED,
        Refusal.SESSION_ENDED,
        Refusal.SESSION_EXPIRED,
        Refusal.SESSION_DISABLED,
        Refusal.PASSWORD_EXPIRED,
        HttpRefusal.HEADER_MALFORMED,
    }
)
