"""Access codes, and the OAuth access tokens they are exchanged for."""

from typing import Any

from ...core import identities
from ...core.credentials import access_codes
from ...core.refusals import Refusal, Refused
from ...http.answers import JsonAnswer, Reply
from ...http.bodies import FormBody, JsonBody, is_clean
from ...http.contract import Call
from ...http.dialect import Dialect
from ...http.http_refusals import HttpRefusal
from ...http.paging import MAX_ID, PARAMETERS, asked_page, next_page
from . import schemas
from .assertion import access_code
from .caller import Authorized, Caller
from .kinds import CODES

OAUTH = "/api/common/1.0/oauth"
GRANT_TYPE = "access_code"


def mount(dialect: Dialect) -> None:
    _mount_codes(dialect)
    _mount_token(dialect)


def _mount_codes(dialect: Dialect) -> None:
    @dialect.operation(
        "POST",
        f"{OAUTH}/codes",
        summary="Issue an access code",
        status=201,
        body=JsonBody(schemas.CodeRequest(), required=False),
        answer=JsonAnswer(schemas.IssuedCode()),
        credential=Authorized(),
        refuses=frozenset({Refusal.PERMISSION_MISSING, Refusal.CREDENTIALS_CAPPED}),
        headers=("Location",),
    )
    def issue_code(call: Call) -> Reply:
        """For the caller by Basic or cookie, or for whom an admin names. The code is shown this once.

        One that is made with a cookie ends with its session. Tokens make none.
        """
        caller: Caller = call.caller
        maker = caller.maker
        owner_id = _owner_id(call, call.body.get("username"), HttpRefusal.BODY_INVALID)
        issued = access_codes.issue(call.core, CODES, owner_id, call.origin, maker=maker)
        body = {"id": issued.id, "access_code": issued.code, "expires_at": issued.expires_at}
        return Reply(body, {"Location": f"{OAUTH}/codes/{issued.id}"})

    @dialect.operation(
        "GET",
        f"{OAUTH}/codes",
        summary="List access codes",
        answer=JsonAnswer(schemas.CodeLine(many=True)),
        credential=Authorized(),
        query=frozenset({"username", *PARAMETERS}),
        headers=("Link",),
        refuses=frozenset({Refusal.PERMISSION_MISSING, HttpRefusal.PARAMETER_INVALID}),
    )
    def list_codes(call: Call) -> Reply:
        """The caller's, or of whom an admin names; neither revoked nor expired ones. In pages, by id."""
        owner_id = _owner_id(call, call.query.get("username"), HttpRefusal.PARAMETER_INVALID)
        after, limit = page = asked_page(call)
        found = access_codes.listed(call.core, owner_id, after=after, limit=limit + 1, live=True)
        lines = found[:limit]
        if len(found) == len(lines):
            return Reply(lines)
        return Reply(lines, next_page(f"{OAUTH}/codes", call, page, lines[-1].id))

    @dialect.operation(
        "DELETE",
        f"{OAUTH}/codes/<code_id>",
        summary="Revoke an access code",
        status=204,
        credential=Authorized(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def revoke_code(call: Call, code_id: str) -> None:
        """The tokens it was exchanged for end with it. Another's code is not found, save by an admin."""
        caller: Caller = call.caller
        access_codes.revoke(
            call.core,
            _number(code_id),
            call.origin,
            owner_id=None if caller.is_admin else caller.user_id,
        )


def _mount_token(dialect: Dialect) -> None:
    @dialect.operation(
        "POST",
        f"{OAUTH}/token",
        summary="Exchange an access code for a token",
        body=FormBody(schemas.CodeGrant(), media_type_optional=True),
        answer=JsonAnswer(schemas.OAuthToken()),
        query=None,
        refuses=frozenset(
            {
                HttpRefusal.PARAMETER_MISSING,
                HttpRefusal.PARAMETER_INVALID,
                Refusal.ADDRESS_PAUSED,
                Refusal.CODE_UNKNOWN,
                Refusal.CODE_REVOKED,
                Refusal.CODE_EXPIRED,
                Refusal.ACCOUNT_DISABLED,
                Refusal.PASSWORD_EXPIRED,
                Refusal.SESSION_ENDED,
            }
        ),
    )
    def exchange_code(call: Call) -> dict[str, Any]:
        """Query parameters are ignored, and a form without Content-Type is read as one."""
        if _required(call, "grant_type") != GRANT_TYPE:
            raise Refused(HttpRefusal.PARAMETER_INVALID, "grant_type")
        code = access_code(_required(call, "assertion"))
        token, expires_in = access_codes.exchange(call.core, CODES, code, call.origin)
        state = {"state": call.body["state"]} if "state" in call.body else {}
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": expires_in,
            **state,
        }


def _owner_id(call: Call, username: str | None, unknown: HttpRefusal) -> int:
    """Whose codes: the caller's, or those of the user an admin names.

    Raises Refused: PERMISSION_MISSING alike for others' names and for nobody's; to an admin
    ``unknown``.
    """
    caller: Caller = call.caller
    if username is None:
        return caller.user_id
    user = identities.find(call.core, username) if is_clean(username) else None
    if user is not None and (caller.is_admin or user.id == caller.user_id):
        return user.id
    if caller.is_admin:
        raise Refused(unknown, "username: There is no such user.")
    raise Refused(Refusal.PERMISSION_MISSING)


def _number(code_id: str) -> int:
    """Raises Refused(NOT_FOUND) for what no code's id can be."""
    if not (code_id.isascii() and code_id.isdigit() and len(code_id) <= len(str(MAX_ID))):
        raise Refused(Refusal.NOT_FOUND)
    number = int(code_id)
    if number > MAX_ID:
        raise Refused(Refusal.NOT_FOUND)
    return number


def _required(call: Call, name: str) -> str:
    """A form field; one without a value counts as omitted (RFC 6749 section 3.2)."""
    value: str = call.body.get(name, "")
    if not value:
        raise Refused(HttpRefusal.PARAMETER_MISSING, name)
    return value
