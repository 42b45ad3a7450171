"""Session: ``/session`` and ``/user``, opaque tokens bound to the client that opened the session.

Seed ``003_8cfaff6f41252dfd`` (Session API Reference). Every request names its client in
``x-koms-clientid`` and says ``Content-Type: application/json``, those without a body too.
"""

from enum import StrEnum
from typing import ClassVar

from flask import Response, g, request

from ...core.credentials import clients
from ...core.refusals import Refusal, Refused
from ...http.answers import json_response
from ...http.bodies import check_media_type
from ...http.contract import Call
from ...http.dialect import Dialect, Row
from ...http.http_refusals import HttpRefusal
from . import errors, schemas, views
from .kinds import SESSION

KINDS = (SESSION,)

CLIENT_HEADER = "x-koms-clientid"


class SessionDialect(Dialect):
    name = "session"
    title = "Session"
    prefixes = ("/session", "/user")
    errors = errors.TABLE
    error_schema = schemas.ErrorBody()
    guard_refusals = frozenset(
        {
            Refusal.CLIENT_MISSING,
            Refusal.CLIENT_UNKNOWN,
            Refusal.CLIENT_DISABLED,
            HttpRefusal.MEDIA_TYPE_UNSUPPORTED,
        }
    )
    security: ClassVar = [{"sessionClient": []}]
    security_schemes: ClassVar = {
        "sessionClient": {"type": "apiKey", "in": "header", "name": CLIENT_HEADER},
        "sessionBearer": {"type": "http", "scheme": "bearer"},
        "sessionSecret": {"type": "http", "scheme": "basic", "description": "RFC 6749 2.3.1"},
    }

    def guard(self, call: Call) -> None:
        call.name_client(clients.require(call.core, request.headers.get(CLIENT_HEADER)))
        check_media_type(request, ("application/json",))

    def challenge(self, refusal: StrEnum) -> str:
        if refusal is Refusal.CLIENT_UNPROVEN:
            return 'Basic realm="watchword"'
        return super().challenge(refusal)

    def phrase(self, row: Row, refused: Refused) -> Response:
        return json_response(
            {
                "errorType": row.code,
                "httpStatus": row.status,
                "requestId": g.request_id,
                "message": self.text(row, refused),
            },
            row.status,
        )


def build() -> Dialect:
    dialect = SessionDialect()
    views.mount(dialect)
    return dialect
