"""Problem details (RFC 9457) of the control plane: what is wrong, and at which place."""

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Any, ClassVar

from flask import Response, g
from marshmallow import Schema, fields

from app.core.refusals import Refusal, Refused
from app.http.contract import Call
from app.http.dialect import Dialect, Row
from app.http.http_refusals import HttpRefusal
from app.http.problem_details import BLANK, MEDIA_TYPE, problem

from . import browsers


@unique
class PlaneRefusal(StrEnum):
    """Ways to be refused that only the control plane has."""

    WORLD_UNKNOWN = "world_unknown"
    WORLD_TAKEN = "world_taken"
    WORLD_STAYS = "world_stays"
    CLOCK_BACKWARDS = "clock_backwards"
    RULE_INVALID = "rule_invalid"
    RULE_UNKNOWN = "rule_unknown"
    SEED_INVALID = "seed_invalid"
    SNAPSHOT_UNKNOWN = "snapshot_unknown"
    ACTION_INVALID = "action_invalid"
    USER_UNKNOWN = "user_unknown"
    TOKEN_IMPOSSIBLE = "token_impossible"
    FILTER_UNKNOWN = "filter_unknown"


TABLE: Mapping[StrEnum, Row] = {
    PlaneRefusal.WORLD_UNKNOWN: Row(404, BLANK, "There is no such world"),
    PlaneRefusal.WORLD_TAKEN: Row(409, BLANK, "The world cannot be made", says_detail=True),
    PlaneRefusal.WORLD_STAYS: Row(409, BLANK, "The default world cannot be deleted"),
    PlaneRefusal.CLOCK_BACKWARDS: Row(409, BLANK, "The clock would go back: say rewind"),
    PlaneRefusal.RULE_INVALID: Row(422, BLANK, "The rule is not valid"),
    PlaneRefusal.RULE_UNKNOWN: Row(404, BLANK, "There is no such rule"),
    PlaneRefusal.SEED_INVALID: Row(422, BLANK, "The seed is not valid"),
    PlaneRefusal.SNAPSHOT_UNKNOWN: Row(404, BLANK, "There is no such snapshot"),
    PlaneRefusal.ACTION_INVALID: Row(422, BLANK, "There is no such act", says_detail=True),
    PlaneRefusal.USER_UNKNOWN: Row(404, BLANK, "There is no such user"),
    PlaneRefusal.TOKEN_IMPOSSIBLE: Row(422, BLANK, "There is no such token", says_detail=True),
    PlaneRefusal.FILTER_UNKNOWN: Row(400, BLANK, "The query is not valid", says_detail=True),
    HttpRefusal.MESSAGE_MALFORMED: Row(400, BLANK, "The request is not valid", says_detail=True),
    HttpRefusal.BODY_MALFORMED: Row(400, BLANK, "The body is not valid", says_detail=True),
    HttpRefusal.BODY_INVALID: Row(422, BLANK, "The body is not valid"),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(415, BLANK, "Send JSON", says_detail=True),
    HttpRefusal.URL_UNKNOWN: Row(404, BLANK, "There is nothing at this URL"),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(405, BLANK, "The method is not allowed here"),
    HttpRefusal.BODY_TOO_LARGE: Row(413, BLANK, "The body is larger than 64 KiB"),
    HttpRefusal.INTERNAL: Row(500, BLANK, "Something went wrong on our side"),
    Refusal.CROSS_SITE: Row(403, BLANK, "The request is another web site's", says_detail=True),
    Refusal.NOT_FOUND: Row(404, BLANK, "There is no such thing", says_detail=True),
    Refusal.PASSWORD_UNACCEPTABLE: Row(422, BLANK, "The password is refused", says_detail=True),
    Refusal.BUSY: Row(503, BLANK, "The service is busy"),
    Refusal.STORE_UNAVAILABLE: Row(503, BLANK, "The database is not available"),
    Refusal.KEYS_UNUSABLE: Row(503, BLANK, "A signing key cannot be unwrapped"),
}


class FaultBody(Schema):
    place = fields.String(required=True, metadata={"description": "A JSON pointer (RFC 6901)."})
    text = fields.String(required=True)


class ProblemBody(Schema):
    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    instance = fields.String(required=True, metadata={"description": "The request's id, as a URN."})
    faults = fields.List(fields.Nested(FaultBody()), metadata={"description": "Each place."})


class Plane(Dialect):
    """The control plane of a harness: clock, faults, journal, snapshots and identities of a world."""

    name = "harness"
    title = "Control plane"
    prefixes = ("/__harness__",)
    errors = TABLE
    error_schema = ProblemBody()
    error_media_types = (MEDIA_TYPE,)
    security_schemes: ClassVar[Mapping[str, dict[str, Any]]] = {}
    guard_refusals = frozenset({Refusal.CROSS_SITE})

    def __init__(self, base: str) -> None:
        """``base`` is the URL that the harness listens at."""
        super().__init__()
        self._base = base

    def guard(self, call: Call) -> None:
        """Raises Refused(CROSS_SITE)."""
        detail = browsers.objection(call.request.environ, self._base)
        if detail is not None:
            raise Refused(Refusal.CROSS_SITE, detail)

    def phrase(self, row: Row, refused: Refused) -> Response:
        faults = _places(refused.faults)
        members = {"faults": faults} if faults else {}
        body = problem(self.text(row, refused), row.status, g.request_id, **members)
        return Response(body, row.status, content_type=MEDIA_TYPE)


def _places(faults: Mapping[str, Any]) -> list[dict[str, str]]:
    """Texts by name, or by JSON pointer, as a list."""
    found = []
    for name, texts in faults.items():
        for text in texts if isinstance(texts, list) else [texts]:
            place = name if name.startswith("/") or not name else f"/{name}"
            found.append({"place": place, "text": str(text)})
    return found
