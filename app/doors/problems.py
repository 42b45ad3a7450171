"""Problem details (RFC 9457) for every error outside the dialects."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from flask import Response, g
from marshmallow import Schema, fields

from ..core.refusals import Refusal, Refused
from ..http.bodies import LARGEST_BODY
from ..http.dialect import Dialect, Row, bearer_challenge
from ..http.http_refusals import HttpRefusal
from ..http.problem_details import BLANK, MEDIA_TYPE, problem

_BAD_REQUEST = Row(400, BLANK, "The request is not valid")
_UNAUTHORIZED = Row(401, BLANK, "A live token is required")

TABLE: Mapping[StrEnum, Row] = {
    Refusal.CREDENTIALS_MISSING: _UNAUTHORIZED,
    Refusal.TOKEN_MALFORMED: _UNAUTHORIZED,
    Refusal.TOKEN_FORGED: _UNAUTHORIZED,
    Refusal.TOKEN_MISUSED: _UNAUTHORIZED,
    Refusal.TOKEN_UNKNOWN: _UNAUTHORIZED,
    Refusal.TOKEN_EXPIRED: _UNAUTHORIZED,
    Refusal.TOKEN_SUPERSEDED: _UNAUTHORIZED,
    Refusal.SESSION_ENDED: _UNAUTHORIZED,
    Refusal.SESSION_EXPIRED: _UNAUTHORIZED,
    Refusal.SESSION_DISABLED: _UNAUTHORIZED,
    Refusal.PASSWORD_EXPIRED: _UNAUTHORIZED,
    HttpRefusal.MESSAGE_MALFORMED: _BAD_REQUEST,
    HttpRefusal.BODY_MALFORMED: _BAD_REQUEST,
    HttpRefusal.URL_UNKNOWN: Row(404, BLANK, "There is nothing at this URL"),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(405, BLANK, "The method is not allowed here"),
    HttpRefusal.BODY_TOO_LARGE: Row(413, BLANK, f"The body is larger than {LARGEST_BODY}"),
    HttpRefusal.INTERNAL: Row(500, BLANK, "Something went wrong on our side"),
    Refusal.BUSY: Row(503, BLANK, "The service is busy"),
    Refusal.STORE_UNAVAILABLE: Row(503, BLANK, "The service is not available"),
    Refusal.KEYS_UNUSABLE: Row(503, BLANK, "A signing key cannot be unwrapped"),
}


class ProblemBody(Schema):
    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    instance = fields.String(required=True, metadata={"description": "The request's id, as a URN."})


class Problems(Dialect):
    """The doors themselves, and every URL that belongs to no dialect."""

    name = "doors"
    title = "Verification doors"
    prefixes = ()
    errors = TABLE
    error_schema = ProblemBody()
    error_media_types = (MEDIA_TYPE,)
    security_schemes: ClassVar = {
        "anyBearer": {"type": "http", "scheme": "bearer"},
        "anyQuery": {"type": "apiKey", "in": "query", "name": "Token"},
        "anyCookie": {"type": "apiKey", "in": "cookie", "name": "SESSID"},
    }

    def phrase(self, row: Row, refused: Refused) -> Response:
        return Response(
            problem(row.text, row.status, g.request_id), row.status, content_type=MEDIA_TYPE
        )

    def challenge(self, refusal: StrEnum) -> str:
        return verify_challenge(refusal)


def verify_challenge(refusal: StrEnum) -> str:
    """A challenge without a realm: the gateway passes it on to the clients of the site it protects."""
    return bearer_challenge(refusal, realm=None)
