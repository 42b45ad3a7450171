"""The base of every dialect: a blueprint, the URL prefixes it answers for, and its error table."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from flask import Blueprint, Flask, Response
from marshmallow import Schema

from ..core.refusals import Refusal, Refused
from .contract import SERVER_WIDE, Call, Operation, View, refusals


class Row(NamedTuple):
    """One row of an error table: the HTTP status, the dialect's own code, and its text.

    ``says_detail`` appends what the refusal says of this very request (which field, which rule).
    ``when`` tells the cases; the error tables of ``docs/dialects`` are made of it.
    """

    status: int
    code: Any
    text: str
    says_detail: bool = False
    when: str = ""


class Dialect:
    """One documented API family. A subclass says how it phrases an error; its views are added to it."""

    name: ClassVar[str]
    title: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    errors: ClassVar[Mapping[StrEnum, Row]]
    error_schema: ClassVar[Schema]
    error_media_types: ClassVar[tuple[str, ...]] = ("application/json",)
    refuses_unknown_parameters: ClassVar[bool] = False
    guard_refusals: ClassVar[frozenset[StrEnum]] = frozenset()
    # OpenAPI's security requirement of operations without a credential: what the guard demands
    security: ClassVar[list[dict[str, list[str]]]] = []
    # OpenAPI security schemes, by the names that credentials require
    security_schemes: ClassVar[Mapping[str, dict[str, Any]]] = {}

    def __init__(self) -> None:
        self.blueprint = Blueprint(self.name, __name__)
        self._folders = tuple(f"{prefix}/" for prefix in self.prefixes)
        self.operations: list[Operation] = []

    def operation(
        self, method: str, path: str, *, summary: str, **contract: Any
    ) -> Callable[[View], View]:
        """State the contract of a view; see ``Operation`` for the terms."""

        def decorate(view: View) -> View:
            operation = Operation(
                self,
                method,
                path,
                view,
                summary,
                description=(view.__doc__ or "").strip(),
                **contract,
            )
            self.operations.append(operation)
            self.blueprint.add_url_rule(
                path,
                endpoint=f"{method.lower()}_{view.__name__}",
                view_func=operation,
                methods=[method],
                provide_automatic_options=False,
            )
            return view

        return decorate

    def owns(self, path: str) -> bool:
        """Whether this dialect phrases the errors of this URL."""
        return path.startswith(self._folders) or path in self.prefixes

    def guard(self, call: Call) -> None:
        """Check what every request of the dialect must have, before its credentials. Raises Refused."""

    @property
    def refusals(self) -> frozenset[StrEnum]:
        """All that a request of the dialect may be refused with: the rows of ``errors``, each of them."""
        stated = (operation.refusals for operation in self.operations)
        return refusals(SERVER_WIDE, self.guard_refusals, *stated)

    def row(self, refusal: StrEnum) -> Row:
        return self.errors[refusal]

    def phrase(self, row: Row, refused: Refused) -> Response:
        """The error response in the dialect's shape; headers common to all are added elsewhere."""
        raise NotImplementedError

    def challenge(self, refusal: StrEnum) -> str:
        """``WWW-Authenticate`` for a 401 (RFC 6750 section 3)."""
        return bearer_challenge(refusal)

    def refuse(self, refused: Refused, status: int | None = None) -> Response:
        """The complete error response. ``status`` replaces the table's, for faults of HTTP itself."""
        row = self.row(refused.refusal)
        if status is not None:
            row = row._replace(status=status)
        response = self.phrase(row, refused)
        if row.status == 401:
            response.headers["WWW-Authenticate"] = self.challenge(refused.refusal)
        if refused.retry_after is not None or row.status in (429, 503):
            response.headers["Retry-After"] = str(refused.retry_after or 1)
        if refused.refusal is Refusal.BUSY:
            # A connection stays with one worker. On the next one the client may meet a worker that is idle.
            response.headers["Connection"] = "close"
        return response

    def register(self, app: Flask) -> None:
        app.register_blueprint(self.blueprint)

    def text(self, row: Row, refused: Refused) -> str:
        if row.says_detail and refused.detail:
            return f"{row.text}: {refused.detail}"
        return row.text


_DESCRIPTIONS: Mapping[StrEnum, str] = {
    Refusal.TOKEN_MALFORMED: "malformed",
    Refusal.TOKEN_FORGED: "invalid",
    Refusal.TOKEN_UNKNOWN: "invalid",
    Refusal.TOKEN_MISUSED: "not valid here",
    Refusal.TOKEN_EXPIRED: "expired",
    Refusal.SESSION_EXPIRED: "expired",
    Refusal.TOKEN_SUPERSEDED: "superseded",
    Refusal.TOKEN_REUSED: "reused",
    Refusal.SESSION_ENDED: "ended",
    Refusal.SESSION_DISABLED: "ended",
    Refusal.PASSWORD_EXPIRED: "password expired",
}


def bearer_challenge(refusal: StrEnum, realm: str | None = "watchword") -> str:
    """A Bearer challenge; with an error only if a token was presented (RFC 6750 section 3.1)."""
    parameters = [f'realm="{realm}"'] if realm else []
    description = _DESCRIPTIONS.get(refusal)
    if description is not None:
        parameters += ['error="invalid_token"', f'error_description="{description}"']
    return f"Bearer {', '.join(parameters)}".rstrip()
