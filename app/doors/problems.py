"""Problem details (RFC 9457) for every error outside the dialects."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from flask import Response, g
from marshmallow import Schema, fields

from ..core.refusals import Refusal, Refused
from ..http.dialect import Dialect, Row, bearer_challenge
from ..http.refusals import HttpRefusal

MEDIA_TYPE = "application/problem+json"

_STATUSES: Mapping[StrEnum, tuple[int, str]] = {
    HttpRefusal.URL_UNKNOWN: (404, "There is nothing at this URL"),
    Refusal.NOT_FOUND: (404, "There is nothing at this URL"),
    HttpRefusal.METHOD_NOT_ALLOWED: (405, "The method is not allowed here"),
    HttpRefusal.NOT_ACCEPTABLE: (406, "No acceptable format"),
    HttpRefusal.BODY_TOO_LARGE: (413, "The body is larger than 64 KiB"),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: (415, "The media type is not supported"),
    Refusal.ADDRESS_PAUSED: (429, "Too many failures from this address"),
    Refusal.ACCOUNT_PAUSED: (429, "Too many wrong passwords"),
    HttpRefusal.INTERNAL: (500, "Something went wrong on our side"),
    Refusal.BUSY: (503, "The service is busy"),
    Refusal.STORE_UNAVAILABLE: (503, "The service is not available"),
    Refusal.KEYS_UNUSABLE: (503, "A signing key cannot be unwrapped"),
    Refusal.PERMISSION_MISSING: (403, "This is not permitted"),
    Refusal.CROSS_SITE: (403, "This is not permitted"),
    Refusal.REGISTRATION_CLOSED: (403, "This is not permitted"),
    Refusal.CREDENTIALS_CAPPED: (403, "This is not permitted"),
    Refusal.IDENTITY_TAKEN: (409, "The name is taken"),
}
_BAD_REQUEST = (400, "The request is not valid")
_UNAUTHORIZED = (401, "A live token is required")


class ProblemBody(Schema):
    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    instance = fields.String(required=True, metadata={"description": "The request's id, as a URN."})


def _row(refusal: StrEnum) -> Row:
    default = _BAD_REQUEST if isinstance(refusal, HttpRefusal) else _UNAUTHORIZED
    status, title = _STATUSES.get(refusal, default)
    return Row(status, "about:blank", title)


class Problems(Dialect):
    """Everything that is no dialect's: the doors themselves, and URLs that do not exist."""

    name = "doors"
    title = "Verification doors"
    prefixes = ()
    errors: ClassVar[Mapping[StrEnum, Row]] = {
        refusal: _row(refusal) for refusal in (*Refusal, *HttpRefusal)
    }
    error_schema = ProblemBody()
    error_media_types = (MEDIA_TYPE,)
    security_schemes: ClassVar = {
        "anyBearer": {"type": "http", "scheme": "bearer"},
        "anyQuery": {"type": "apiKey", "in": "query", "name": "Token"},
        "anyCookie": {"type": "apiKey", "in": "cookie", "name": "SESSID"},
    }

    def phrase(self, row: Row, refused: Refused) -> Response:
        return Response(problem(row, g.request_id), row.status, content_type=MEDIA_TYPE)

    def challenge(self, refusal: StrEnum) -> str:
        return verify_challenge(refusal)


def problem(row: Row, request_id: str) -> bytes:
    body = {
        "type": row.code,
        "title": row.text,
        "status": row.status,
        "instance": f"urn:request:{request_id}",
    }
    return json.dumps(body, separators=(",", ":")).encode()


def verify_challenge(refusal: StrEnum) -> str:
    """Without a realm: the challenge reaches the clients of whichever site the gateway protects."""
    return bearer_challenge(refusal, realm=None)
