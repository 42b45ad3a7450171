"""AAA: ``/api/cascade.aaa/1.0`` and ``/api/common/1.0``, for scripts, package managers and browsers.

Seed ``000_43f919d96ec74044`` (Keepalive, Npm_Token and the table of 17 error ids). A caller sends
Basic credentials, an npm or OAuth token, or the cookie ``SESSID``. Tokens of other dialects are not valid
here. Access codes are exchanged for OAuth tokens, and revoked by their owner.
"""

from enum import StrEnum
from typing import Any, ClassVar

from flask import Response

from ...core.refusals import Refused
from ...http.answers import json_response
from ...http.dialect import Dialect, Row, bearer_challenge
from . import errors, oauth_views, schemas, views
from .cookie import COOKIE
from .kinds import AAA

KINDS = (AAA,)

BASIC_CHALLENGE = 'Basic realm="watchword", charset="UTF-8"'  # RFC 7617 section 2.1


class AaaDialect(Dialect):
    name = "aaa"
    title = "AAA"
    # Another version is an unknown resource of this API, not an unknown API.
    prefixes = ("/api/cascade.aaa", "/api/common")
    errors = errors.TABLE
    error_schema = schemas.ErrorBody()
    refuses_unknown_parameters = True
    security_schemes: ClassVar = {
        "aaaBasic": {"type": "http", "scheme": "basic"},
        "aaaBearer": {"type": "http", "scheme": "bearer"},
        "aaaSession": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }

    def phrase(self, row: Row, refused: Refused) -> Response:
        body: dict[str, Any] = {"error_id": row.code, "error_text": self.text(row, refused)}
        if refused.retry_after is not None:
            body["error_info"] = {"retry_after": refused.retry_after}
        return json_response(body, row.status)

    def text(self, row: Row, refused: Refused) -> str:
        """The seed's own sentence, followed by the fault of this request."""
        if row.says_detail and refused.detail:
            return f"{row.text} {refused.detail}"
        return row.text

    def challenge(self, refusal: StrEnum) -> str:
        if self.row(refusal).code in errors.TOKEN_ERRORS:
            return bearer_challenge(refusal)
        return BASIC_CHALLENGE


def build() -> Dialect:
    dialect = AaaDialect()
    views.mount(dialect)
    oauth_views.mount(dialect)
    return dialect
