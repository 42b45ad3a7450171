"""The three operations: get a key, use it, give it back."""

from enum import StrEnum
from typing import Any, ClassVar

from app.core import identities, sessions
from app.core.refusals import Refusal, Refused
from app.core.sessions import grants, tokens
from app.core.sessions.rows import Live
from app.http.answers import JsonAnswer
from app.http.bodies import JsonBody
from app.http.contract import PASSWORD_REFUSALS, TOKEN_REFUSALS, Call, refusals
from app.http.dialect import Dialect
from app.http.http_refusals import HttpRefusal

from . import schemas
from .kinds import HOUR, KEY, OPAQUE_KEY

HEADER = "X-Opaque-Key"
PATH = "/opaque/key"


class PresentedKey:
    """The header ``X-Opaque-Key``. The core judges the key: an expired one may still be given back."""

    security: ClassVar[list[dict[str, list[str]]]] = [{"opaqueKey": []}]
    refusals: ClassVar[frozenset[StrEnum]] = TOKEN_REFUSALS - {
        HttpRefusal.HEADER_MALFORMED,
        Refusal.TOKEN_EXPIRED,
        Refusal.PASSWORD_EXPIRED,
    }

    def resolve(self, call: Call) -> str:
        key = call.request.headers.get(HEADER)
        if not key:
            raise Refused(Refusal.CREDENTIALS_MISSING)
        return key


class LiveKey(PresentedKey):
    """The same, with a key that counts."""

    refusals: ClassVar[frozenset[StrEnum]] = TOKEN_REFUSALS - {HttpRefusal.HEADER_MALFORMED}

    def resolve(self, call: Call) -> Live:  # type: ignore[override]
        return sessions.verify(call.core, super().resolve(call), KEY)


def mount(dialect: Dialect) -> None:
    @dialect.operation(
        "POST",
        PATH,
        summary="Get a key",
        body=JsonBody(schemas.Credentials()),
        answer=JsonAnswer(schemas.Key()),
        refuses=refusals(PASSWORD_REFUSALS, {Refusal.PASSWORD_EXPIRED, Refusal.SESSION_ENDED}),
    )
    def get_key(call: Call) -> dict[str, Any]:
        """For a login name and its password."""
        user = identities.prove(call.core, call.body["login"], call.body["password"], call.origin)
        minting = grants.open_session(call.core, OPAQUE_KEY, user, call.origin)
        key = tokens.seal(call.core.keys, KEY, minting)
        return {"key": key, "seconds": call.core.seconds(HOUR)}

    @dialect.operation(
        "GET",
        PATH,
        summary="Whose key is it?",
        answer=JsonAnswer(schemas.Holder()),
        credential=LiveKey(),
    )
    def show_holder(call: Call) -> dict[str, Any]:
        """The name of its user."""
        return {"name": call.caller.username}

    @dialect.operation(
        "DELETE", PATH, summary="Give the key back", status=204, credential=PresentedKey()
    )
    def give_back(call: Call) -> None:
        """It is refused from the next request on."""
        sessions.end(call.core, call.caller, call.origin, KEY)
