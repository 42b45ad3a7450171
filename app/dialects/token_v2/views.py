"""Create Token of the seed, and what its ``refreshToken`` and ``token`` call for: PUT and DELETE."""

from typing import Any

from ...core import identities, sessions
from ...core.refusals import Refusal
from ...http.answers import JsonAnswer
from ...http.bodies import JsonBody
from ...http.contract import PASSWORD_REFUSALS, TOKEN_REFUSALS, Call, refusals
from ...http.dialect import Dialect
from ...http.http_refusals import HttpRefusal
from . import grants, schemas
from .caller import PresentedToken
from .kinds import ACCESS

PATH = "/api/v2/auth/token"

# A list of one is the first of one page; 10 is the page size that the seed's sample shows.
PAGE = {"page": 0, "size": 10, "totalPages": 1, "totalElements": 1}


def mount(dialect: Dialect) -> None:
    envelope = JsonAnswer(schemas.TokenEnvelope())

    @dialect.operation(
        "POST",
        PATH,
        summary="Create Token",
        body=JsonBody(schemas.Credentials()),
        answer=envelope,
        refuses=refusals(PASSWORD_REFUSALS, {Refusal.PASSWORD_EXPIRED, Refusal.SESSION_ENDED}),
    )
    def create_token(call: Call) -> dict[str, Any]:
        """Create an access token, and the token that extends its session."""
        user = identities.prove(
            call.core, call.body["username"], call.body["password"], call.origin
        )
        return _envelope(grants.pair(call.core, user, call.origin))

    @dialect.operation(
        "PUT",
        PATH,
        summary="Extend the token session",
        body=JsonBody(schemas.Refresh()),
        answer=envelope,
        refuses=refusals(
            TOKEN_REFUSALS - {Refusal.CREDENTIALS_MISSING, HttpRefusal.HEADER_MALFORMED},
            {Refusal.TOKEN_REUSED},
        ),
    )
    def extend_session(call: Call) -> dict[str, Any]:
        """A new pair for a refreshToken. The old two are dead after it."""
        pair = grants.refreshed_pair(call.core, call.body["refreshToken"], call.origin)
        return _envelope(pair)

    @dialect.operation(
        "DELETE",
        PATH,
        summary="End the token session",
        status=204,
        credential=PresentedToken(),
    )
    def end_session(call: Call) -> None:
        """Both tokens are refused from the next request on. Works with an expired token too."""
        sessions.end(call.core, call.caller, call.origin, ACCESS)


def _envelope(pair: grants.Pair) -> dict[str, Any]:
    content = {
        "customerId": pair.customer,
        "token": pair.access,
        "refreshToken": pair.refresh,
        "validityTime": pair.expires_in,
    }
    return {"errorCode": "", "errorMessage": "", "content": [content], "pageable": PAGE}
