"""``/oauth2``: token introspection (RFC 7662) and revocation (RFC 7009) for confidential clients.

Errors have the form of RFC 6749 (section 5.2). An invalid token is no error here: the answer says so.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from flask import Response
from marshmallow import EXCLUDE, Schema, fields

from ..core.credentials import clients
from ..core.refusals import Refusal, Refused
from ..core.sessions import introspection
from ..http.answers import JsonAnswer, json_response
from ..http.authorization import client_credentials
from ..http.bodies import LARGEST_BODY, FormBody
from ..http.contract import Call
from ..http.dialect import Dialect, Row
from ..http.http_refusals import HttpRefusal


class ClientFields(Schema):
    class Meta:
        unknown = EXCLUDE

    client_id = fields.String(
        metadata={
            "description": "With client_secret, for a caller without Basic credentials.",
            "examples": ["gateway"],
        }
    )
    client_secret = fields.String(metadata={"examples": ["Fk2mTx0eW7nQ4sVbR9cLpY"]})


class TokenForm(ClientFields):
    token = fields.String(required=True, metadata={"examples": ["TOKEN"]})
    token_type_hint = fields.String(
        metadata={
            "description": "`refresh_token` to be told of one. Not needed else: a token shows what it is.",
            "examples": ["access_token"],
        }
    )


class Introspection(Schema):
    active = fields.Boolean(required=True)
    username = fields.String()
    sub = fields.String(metadata={"description": "The user's UUID."})
    token_type = fields.String(metadata={"description": "Of an access token."})
    token_use = fields.String(metadata={"description": '"access" or "refresh".'})
    exp = fields.Integer()
    iat = fields.Integer(metadata={"description": "When the session was opened or last rotated."})
    iss = fields.String()
    client_id = fields.String(metadata={"description": "Whom the session is bound to, if any."})
    sid = fields.String(metadata={"description": "The session, as X-Auth-Session names it."})
    dialect = fields.String()
    scope = fields.String(metadata={"description": "The user's permissions, space-separated."})


class ErrorBody(Schema):
    error = fields.String(required=True)
    error_description = fields.String(required=True)


_INVALID_CLIENT = Row(401, "invalid_client", "A confidential client must prove itself")
_INVALID_REQUEST = Row(400, "invalid_request", "The request is not valid", True)
_UNAVAILABLE = Row(503, "temporarily_unavailable", "The service is not available")

TABLE: Mapping[StrEnum, Row] = {
    Refusal.CREDENTIALS_MISSING: _INVALID_CLIENT,
    Refusal.CLIENT_UNPROVEN: _INVALID_CLIENT,
    HttpRefusal.HEADER_MALFORMED: _INVALID_CLIENT,
    HttpRefusal.MESSAGE_MALFORMED: _INVALID_REQUEST,
    HttpRefusal.BODY_MALFORMED: _INVALID_REQUEST,
    HttpRefusal.BODY_INVALID: _INVALID_REQUEST,
    HttpRefusal.URL_UNKNOWN: Row(404, "invalid_request", "There is nothing at this URL"),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(405, "invalid_request", "The method is not allowed here"),
    HttpRefusal.BODY_TOO_LARGE: Row(
        413, "invalid_request", f"The body is larger than {LARGEST_BODY}"
    ),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(
        415, "invalid_request", "Send application/x-www-form-urlencoded"
    ),
    Refusal.ADDRESS_PAUSED: Row(
        429, "temporarily_unavailable", "Too many failures from this address"
    ),
    HttpRefusal.INTERNAL: Row(500, "server_error", "Something went wrong on our side"),
    Refusal.BUSY: _UNAVAILABLE,
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}


class OAuth2(Dialect):
    name = "oauth2"
    title = "OAuth 2.0 introspection and revocation"
    prefixes = ("/oauth2",)
    errors = TABLE
    error_schema = ErrorBody()
    security_schemes: ClassVar = {
        "oauth2Client": {"type": "http", "scheme": "basic", "description": "RFC 6749 2.3.1"}
    }

    def phrase(self, row: Row, refused: Refused) -> Response:
        body = {"error": row.code, "error_description": self.text(row, refused)}
        return json_response(body, row.status)

    def challenge(self, refusal: StrEnum) -> str:
        return 'Basic realm="watchword"'


_REFRESH_HINT = "refresh_token"
# A token that is not even text is an unknown token, not a fault of the API that asks about it.
_ANY_TEXT = frozenset({"token"})


class ConfidentialClient:
    """A client id and secret: as Basic, or in the form; never both (RFC 6749 section 2.3)."""

    # The empty requirement means that a caller may use the form instead of the header.
    security: ClassVar[list[dict[str, list[str]]]] = [{"oauth2Client": []}, {}]
    refusals: ClassVar[frozenset[StrEnum]] = frozenset(
        {
            Refusal.CREDENTIALS_MISSING,
            Refusal.CLIENT_UNPROVEN,
            Refusal.ADDRESS_PAUSED,
            HttpRefusal.HEADER_MALFORMED,
        }
    )

    def __init__(self) -> None:
        self._form = FormBody(ClientFields(), media_type_optional=True, any_text=_ANY_TEXT)

    def resolve(self, call: Call) -> Any:
        """The client's id, which the log line of the request names too."""
        form = self._form.load(call.request)
        client_id, secret = form.get("client_id"), form.get("client_secret")
        header = client_credentials(call.request.headers.get("Authorization"))
        readings: list[tuple[str, str]] = [it for it in header if client_id in (None, it.username)]
        if header and (secret is not None or not readings):
            raise Refused(
                HttpRefusal.BODY_INVALID, "client credentials stand in the header already"
            )
        if not header:
            if client_id is None or secret is None:
                raise Refused(Refusal.CREDENTIALS_MISSING)
            readings = [(client_id, secret)]
        call.name_client(clients.prove(call.core, readings, call.origin))
        return call.client


def build() -> Dialect:
    dialect = OAuth2()
    mount(dialect)
    return dialect


def mount(dialect: Dialect) -> None:
    @dialect.operation(
        "POST",
        "/oauth2/introspect",
        summary="What a token stands for (RFC 7662)",
        body=FormBody(TokenForm(), media_type_optional=True, any_text=_ANY_TEXT),
        answer=JsonAnswer(Introspection()),
        credential=ConfidentialClient(),
    )
    def introspect(call: Call) -> dict[str, Any]:
        """For any token of any dialect; only `{"active": false}` for one that does not count.

        A refresh token opens nothing, so it is active only to who asks for one by its hint.
        """
        introspection.note_asking(call.core, call.origin)
        found = introspection.judge(call.core, call.body["token"])
        hinted = call.body.get("token_type_hint") == _REFRESH_HINT
        if found is None or (found.is_refresh and not hinted):
            return {"active": False}
        return _active(found, call.core.issuer)

    @dialect.operation(
        "POST",
        "/oauth2/revoke",
        summary="End the session of a token (RFC 7009)",
        body=FormBody(TokenForm(), media_type_optional=True, any_text=_ANY_TEXT),
        credential=ConfidentialClient(),
    )
    def revoke(call: Call) -> None:
        """All tokens of its session are refused from the next request on."""
        introspection.revoke(call.core, call.body["token"], call.caller, call.origin)


def _active(found: introspection.Standing, issuer: str) -> dict[str, Any]:
    row = found.row
    optional = {
        "token_type": None if found.is_refresh else "Bearer",
        "client_id": row.client_id,
        "scope": " ".join(sorted(row.permissions)),
    }
    return {
        "active": True,
        "username": row.username,
        "sub": row.user_uuid,
        "token_use": "refresh" if found.is_refresh else "access",
        "exp": found.expires_at,
        "iat": found.issued_at,
        "iss": issuer,
        "sid": row.name,
        "dialect": row.dialect,
        **{name: value for name, value in optional.items() if value},
    }
