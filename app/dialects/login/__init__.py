"""Login: ``POST /login``, an API key for a token that lives 20 seconds, in JSON or XML.

Seed ``002_a72a0dd2fa0f3ad6`` (POST login). ``Content-Type`` names the format of the request,
and ``Accept`` that of the answer. An error is only a ``Result``, in the format that a success would have.
"""

from typing import Any

from flask import Response, g, request

from ...core.refusals import Refused
from ...http.bodies import check_media_type
from ...http.contract import Call
from ...http.dialect import Dialect, Row
from ...http.http_refusals import HttpRefusal
from . import errors, negotiation, schemas, views
from .kinds import LOGIN

KINDS = (LOGIN,)


class LoginDialect(Dialect):
    name = "login"
    title = "Login"
    prefixes = (views.PATH,)
    errors = errors.TABLE
    error_schema = schemas.Failure()
    error_media_types = negotiation.TYPES
    guard_refusals = frozenset({HttpRefusal.MEDIA_TYPE_UNSUPPORTED, HttpRefusal.NOT_ACCEPTABLE})

    def guard(self, call: Call) -> None:
        """Refuse a request whose answer has no acceptable format, before anything is looked up."""
        check_media_type(call.request, negotiation.TYPES)
        negotiation.answer_type(call.request)

    def phrase(self, row: Row, refused: Refused) -> Response:
        result = {
            "Message": f"{row.text} {g.request_id}" if row.status == 500 else row.text,
            "Code": row.code,
            "ModelStateErr": _model_state_errors(refused) if row.says_detail else [],
        }
        media_type = negotiation.error_type(request, refused.refusal)
        return negotiation.response({"Result": result}, self.error_schema, media_type, row.status)


def _model_state_errors(refused: Refused) -> list[str]:
    """One entry for each faulty parameter; one entry if the body could not be read."""
    faults: dict[str, list[Any]] = refused.faults
    entries = [str(text) for name in schemas.LoginReq().fields for text in faults.get(name, ())]
    return entries or [refused.detail or "the body is not valid"]


def build() -> Dialect:
    dialect = LoginDialect()
    views.mount(dialect)
    return dialect
