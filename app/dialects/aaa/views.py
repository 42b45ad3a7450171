"""Keepalive and Npm_Token of the seed, and the resources that log a caller in and out."""

from typing import Any

from flask import current_app

from ...core import identities, sessions
from ...core.refusals import Refusal
from ...core.sessions.rows import Live
from ...http.answers import JsonAnswer, Reply
from ...http.bodies import JsonBody
from ...http.contract import PASSWORD_REFUSALS, Call, refusals
from ...http.dialect import Dialect
from . import grants, schemas
from .caller import Authorized, Caller
from .cookie import COOKIE, expire_cookie, set_cookie

CASCADE = "/api/cascade.aaa/1.0"
COMMON = "/api/common/1.0"

SERVICES = [
    {"id": "cascade.aaa", "versions": ["1.0"]},
    {"id": "common", "versions": ["1.0"]},
]
# Both spellings of OAuth: the clients in the field look for one or the other.
METHODS = ["BASIC", "COOKIE", "OAUTH_2_0", "OAUTH2.0"]


def mount(dialect: Dialect) -> None:
    _mount_cascade(dialect)
    _mount_information(dialect)
    _mount_session(dialect)


def _mount_cascade(dialect: Dialect) -> None:
    @dialect.operation(
        "GET",
        f"{CASCADE}/keepalive",
        summary="Keep session alive",
        status=204,
        credential=Authorized(),
    )
    def keepalive(call: Call) -> None:
        """Authorization alone pushes the session's idle expiry, here as on every resource."""

    @dialect.operation(
        "GET",
        f"{CASCADE}/npm_token",
        summary="Get NPM token",
        answer=JsonAnswer(schemas.NpmToken()),
        credential=Authorized(permission="npm"),
    )
    def npm_token(call: Call) -> dict[str, Any]:
        """A token asked for through a session ends with it; Basic credentials get one of its own."""
        proof = call.caller.proof
        if isinstance(proof, Live):
            issued = grants.npm_token_of_session(call.core, proof)
        else:
            issued = grants.npm_token_of_user(call.core, proof, call.origin)
        return {
            "expires_at": issued.expires_at,
            "token_type": "Bearer",
            "access_token": issued.token,
        }


def _mount_information(dialect: Dialect) -> None:
    @dialect.operation("GET", f"{COMMON}/ping", summary="Is the service there?", status=204)
    def ping(call: Call) -> None:
        """No credentials are looked at."""

    @dialect.operation(
        "GET",
        f"{COMMON}/services",
        summary="Services and their versions",
        answer=JsonAnswer(schemas.Service(many=True)),
    )
    def services(_call: Call) -> list[dict[str, Any]]:
        return SERVICES

    @dialect.operation(
        "GET",
        f"{COMMON}/auth_info",
        summary="How to log in",
        answer=JsonAnswer(schemas.AuthInfo()),
    )
    def auth_info(_call: Call) -> dict[str, Any]:
        """The banner is the operator's, to be shown before anybody logs in."""
        settings = current_app.extensions["watchword"].settings
        return {
            "supported_methods": METHODS,
            "specify_purpose": False,
            "login_banner": settings.login_banner,
        }


def _mount_session(dialect: Dialect) -> None:
    @dialect.operation(
        "POST",
        f"{COMMON}/login",
        summary="Open a session",
        body=JsonBody(schemas.Login()),
        answer=JsonAnswer(schemas.SessionKey()),
        refuses=PASSWORD_REFUSALS,
        headers=("Set-Cookie",),
    )
    def login(call: Call) -> Reply:
        """Works with an expired password too: its session may change it, or log out."""
        user = identities.prove(
            call.core,
            call.body["username"],
            call.body["password"],
            call.origin,
            allow_expired=True,
        )
        sessid = grants.sessid(call.core, user, call.origin)
        body = {"session_key": COOKIE, "session_id": sessid}
        return Reply(body, set_cookie(call.request, sessid))

    @dialect.operation(
        "POST",
        f"{COMMON}/logout",
        summary="End the session",
        status=204,
        credential=Authorized(expired_password=True),
    )
    def logout(call: Call) -> Reply:
        """Its cookie and all its tokens are refused from the next request on. Basic ends nothing."""
        caller: Caller = call.caller
        if caller.session is not None:
            sessions.end_row(call.core, caller.session, call.origin)
        return Reply(headers=expire_cookie(call.request) if caller.by_cookie else {})

    @dialect.operation(
        "PUT",
        f"{COMMON}/password",
        summary="Change one's own password",
        status=204,
        body=JsonBody(schemas.PasswordChange()),
        credential=Authorized(expired_password=True),
        refuses=refusals(
            PASSWORD_REFUSALS, {Refusal.PASSWORD_UNACCEPTABLE, Refusal.PASSWORD_EXPIRED}
        ),
    )
    def change_password(call: Call) -> None:
        """Ends the user's sessions in every API, save the one that asks."""
        identities.change_password(
            call.core,
            call.caller.user_id,
            call.body["password"],
            call.body["new_password"],
            call.origin,
            keep=call.caller.session_id,
        )
