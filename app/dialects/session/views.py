"""The six operations of the Session API Reference."""

from typing import Any

from ...core import identities, sessions
from ...core.identities import registration
from ...core.refusals import Refusal
from ...core.sessions.rows import Live
from ...http.answers import JsonAnswer
from ...http.bodies import JsonBody
from ...http.contract import PASSWORD_REFUSALS, Call, refusals
from ...http.dialect import Dialect
from . import grants, schemas
from .caller import AccessToken, PresentedToken, ProvenClient
from .kinds import ACCESS


def mount(dialect: Dialect) -> None:
    tokens = JsonAnswer(schemas.Tokens())

    @dialect.operation(
        "POST",
        "/session",
        summary="Create a session",
        body=JsonBody(schemas.NewSession()),
        credential=ProvenClient(),
        answer=tokens,
        refuses=refusals(PASSWORD_REFUSALS, {Refusal.PASSWORD_EXPIRED, Refusal.SESSION_ENDED}),
    )
    def create_session(call: Call) -> dict[str, Any]:
        """Create a refresh_token and access_token for a user session."""
        user = identities.prove(call.core, call.body["email"], call.body["password"], call.origin)
        return _struct(grants.pair(call.core, user, call.client, call.origin))

    @dialect.operation(
        "PUT",
        "/session",
        summary="Refresh an expired access_token",
        body=JsonBody(schemas.Refresh()),
        answer=tokens,
        credential=PresentedToken(),
        refuses=frozenset({Refusal.TOKEN_REUSED}),
    )
    def refresh_session(call: Call) -> dict[str, Any]:
        """The access token is the most recent one, expired or not. The old two are dead after it."""
        pair = grants.refreshed_pair(
            call.core, call.caller, call.body["refresh_token"], call.client, call.origin
        )
        return _struct(pair)

    @dialect.operation(
        "GET",
        "/session",
        summary="Time left of an access_token",
        answer=JsonAnswer(schemas.Remaining()),
        credential=AccessToken(),
    )
    def show_session(call: Call) -> dict[str, Any]:
        """Return the amount of time left before an access_token expires, in seconds."""
        row: Live = call.caller
        left = sessions.seconds_left(row.access_expires_at, call.core.clock.now())
        return {"access_token_expires_in": left}

    @dialect.operation(
        "DELETE",
        "/session",
        summary="End the session",
        status=204,
        credential=PresentedToken(),
    )
    def end_session(call: Call) -> None:
        """All its tokens are refused from the next request on. Works with an expired token too."""
        sessions.end(call.core, call.caller, call.origin, ACCESS, client_id=call.client)

    @dialect.operation(
        "POST",
        "/user",
        summary="Create a user",
        body=JsonBody(schemas.NewUser()),
        credential=ProvenClient(),
        answer=JsonAnswer(schemas.Message()),
        status=201,
        refuses=frozenset(
            {
                Refusal.REGISTRATION_CLOSED,
                Refusal.IDENTITY_TAKEN,
                Refusal.IDENTITY_UNACCEPTABLE,
                Refusal.PASSWORD_UNACCEPTABLE,
                Refusal.ADDRESS_PAUSED,
                Refusal.BUSY,
            }
        ),
    )
    def create_user(call: Call) -> dict[str, Any]:
        """Create a new user with a "traditional" account type; the e-mail is its username too."""
        registration.require_registrar(call.core, call.client)
        email = call.body["email"]
        registration.register(call.core, email, email, call.body["password"], call.origin)
        return {"message": "The user has been created."}

    @dialect.operation(
        "GET",
        "/user",
        summary="Who is logged in",
        answer=JsonAnswer(schemas.User()),
        credential=AccessToken(),
    )
    def show_user(call: Call) -> dict[str, Any]:
        """Return email and id for authenticated user."""
        return {"id": call.caller.user_uuid, "email": call.caller.email}


def _struct(pair: grants.Pair) -> dict[str, Any]:
    return {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "access_token_expires_in": pair.expires_in,
    }
