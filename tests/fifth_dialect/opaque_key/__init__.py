"""The opaque key: ``/opaque/key``, a key in a header of its own. No such API is served: it is made up.

It shows what a dialect consists of. ``CONTRIBUTING.md`` goes through it.
"""

from typing import ClassVar

from flask import Response

from app.core.refusals import Refused
from app.http.answers import json_response
from app.http.dialect import Dialect, Row

from . import errors, schemas, views
from .kinds import OPAQUE_KEY

KINDS = (OPAQUE_KEY,)


class OpaqueKeyDialect(Dialect):
    name = "opaque_key"
    title = "Opaque key"
    prefixes = ("/opaque",)
    errors = errors.TABLE
    error_schema = schemas.Problem()
    security_schemes: ClassVar = {
        "opaqueKey": {"type": "apiKey", "in": "header", "name": views.HEADER}
    }

    def phrase(self, row: Row, refused: Refused) -> Response:
        return json_response({"problem": row.code, "says": self.text(row, refused)}, row.status)


def build() -> Dialect:
    dialect = OpaqueKeyDialect()
    views.mount(dialect)
    return dialect
