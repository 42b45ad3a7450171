"""The bodies of the control plane. An unknown key is refused, because it is a typing error."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, validate


class Strict(Schema):
    class Meta:
        unknown = RAISE


class Instant(fields.Field[float]):
    """A time: seconds since 1970-01-01T00:00:00Z, or ISO 8601 with a zone."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return instant_of(value)


class NotATime(ValidationError):
    """The text is no time, or one without a zone."""


def instant_of(text: Any) -> float:
    """Seconds since 1970-01-01T00:00:00Z of an ISO 8601 text. Raises NotATime."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise NotATime("Not a time: seconds, or ISO 8601 such as 2027-03-28T00:59:50Z.") from None
    if found.tzinfo is None:
        raise NotATime("The time has no zone: end it with Z, or with an offset.")
    return found.timestamp()


def iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")


class WorldReq(Strict):
    name = fields.String(validate=validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"))
    seed = fields.Dict(keys=fields.String())
    now = Instant()
    frozen = fields.Boolean(load_default=False)
    rate = fields.Float(load_default=1.0, validate=validate.Range(min=0))
    port = fields.Integer(strict=True, validate=validate.Range(0, 65_535))


class WorldResp(Schema):
    name = fields.String(required=True)
    url = fields.String(required=True)
    control = fields.String(required=True)


class WorldsResp(Schema):
    worlds = fields.List(fields.Nested(WorldResp()), required=True)


class ClockReq(Strict):
    now = Instant()
    advance_seconds = fields.Float(load_default=0.0)
    frozen = fields.Boolean()
    rate = fields.Float(validate=validate.Range(min=0))
    rewind = fields.Boolean(load_default=False)


class Due(Schema):
    sessions = fields.Integer(required=True)
    tokens = fields.Integer(required=True)
    pauses = fields.Integer(required=True)
    codes = fields.Integer(required=True)


class ClockResp(Schema):
    now = fields.Float(required=True, metadata={"description": "Seconds since 1970."})
    iso = fields.String(required=True)
    frozen = fields.Boolean(required=True)
    rate = fields.Float(required=True)
    due = fields.Nested(Due(), metadata={"description": "What ended on the way."})


class RuleReq(Strict):
    match = fields.Dict(keys=fields.String(), load_default=dict)
    effect = fields.Dict(keys=fields.String(), required=True)


class RuleResp(Schema):
    id = fields.Integer(required=True)
    match = fields.Dict(keys=fields.String(), required=True)
    effect = fields.Dict(keys=fields.String(), required=True)
    met = fields.Integer(required=True, metadata={"description": "Requests that it matched."})
    fired = fields.Integer(required=True)


class RulesResp(Schema):
    faults = fields.List(fields.Nested(RuleResp()), required=True)


class EntryResp(Schema):
    number = fields.Integer(required=True)
    at = fields.Float(required=True, metadata={"description": "The world's time."})
    real_at = fields.Float(required=True)
    world = fields.String(required=True)
    method = fields.String(required=True)
    path = fields.String(required=True)
    dialect = fields.String(allow_none=True)
    operation = fields.String(allow_none=True)
    status = fields.Integer(allow_none=True)
    refusal = fields.String(allow_none=True, metadata={"description": "The true reason."})
    user = fields.String(allow_none=True)
    session = fields.String(allow_none=True)
    fault = fields.String(allow_none=True)
    request_id = fields.String(allow_none=True)
    seconds = fields.Float(required=True)
    request = fields.Dict(required=True)
    response = fields.Dict(required=True)


class JournalResp(Schema):
    entries = fields.List(fields.Nested(EntryResp()), required=True)


class WaitedResp(JournalResp):
    waited_seconds = fields.Float(
        required=True, metadata={"description": "If too few and without entries, ask again."}
    )


class SeedDocument(Schema):
    customers = fields.List(fields.Dict(), required=True)
    clients = fields.List(fields.Dict(), required=True)
    users = fields.List(fields.Dict(), required=True)


class SessionResp(Schema):
    session = fields.String(required=True, metadata={"description": "Its public name."})
    username = fields.String(required=True)
    dialect = fields.String(required=True)
    client_id = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    opened_at = fields.Float(required=True)
    expires_at = fields.Float(required=True)


class SessionsResp(Schema):
    sessions = fields.List(fields.Nested(SessionResp()), required=True)


class AnyObject(Schema):
    """Taken as it is: what reads it names every place that is wrong."""

    class Meta:
        unknown = INCLUDE


class TokenReq(Strict):
    user = fields.String(required=True)
    dialect = fields.String(required=True)
    client_id = fields.String()
    state = fields.String(load_default="live")


class TokenResp(Schema):
    access = fields.String(required=True)
    refresh = fields.String(allow_none=True)
    session = fields.String(allow_none=True)


class DoneResp(Schema):
    done = fields.Dict(required=True)


class NamesResp(Schema):
    snapshots = fields.List(fields.String(), required=True)
