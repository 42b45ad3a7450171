"""Token v2: ``/api/v2/auth/token``, a pair of JWTs for a user of the security management application.

Seed ``001_064ad6f7027c2c49`` (Create Token). Every answer is one envelope: ``errorCode``,
``errorMessage``, ``content``, ``pageable``; on a failure the last two are empty strings.
"""

from typing import ClassVar

from flask import Response

from ...core.refusals import Refused
from ...http.answers import json_response
from ...http.dialect import Dialect, Row
from . import caller, errors, schemas, views
from .kinds import TOKEN_V2

KINDS = (TOKEN_V2,)


class TokenV2Dialect(Dialect):
    name = "token_v2"
    title = "Token v2"
    prefixes = ("/api/v2",)
    errors = errors.TABLE
    error_schema = schemas.Failure()
    security_schemes: ClassVar = {
        caller.SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }

    def phrase(self, row: Row, refused: Refused) -> Response:
        return json_response(
            {
                "errorCode": row.code,
                "errorMessage": self.text(row, refused),
                "content": "",
                "pageable": "",
            },
            row.status,
        )


def build() -> Dialect:
    dialect = TokenV2Dialect()
    views.mount(dialect)
    return dialect
