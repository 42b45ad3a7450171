"""The caller: Basic credentials, a bearer token or the cookie. A header, if there is one, decides."""

from enum import StrEnum
from typing import ClassVar, NamedTuple

from flask import Request

from ...core import identities, sessions
from ...core.credentials.access_codes import Maker
from ...core.identities import Identity
from ...core.refusals import Refusal, Refused
from ...core.sessions.rows import Holder, Live
from ...http.authorization import Basic, Bearer, cookie_value, parse_authorization
from ...http.contract import PASSWORD_REFUSALS, TOKEN_REFUSALS, Call, refusals
from .cookie import COOKIE, refuse_cross_site
from .kinds import NPM, OAUTH, SESSION


class SessionCookie(NamedTuple):
    sessid: str

    def __repr__(self) -> str:
        return "SessionCookie(…)"


class Caller(NamedTuple):
    """The caller: the identity that Basic has proven, or a live session."""

    proof: Identity | Live
    by_cookie: bool = False

    @property
    def session(self) -> Live | None:
        return self.proof if isinstance(self.proof, Live) else None

    @property
    def session_id(self) -> int | None:
        return self.session.id if self.session else None

    @property
    def user_id(self) -> int:
        return self.proof.user_id if isinstance(self.proof, Live) else self.proof.id

    @property
    def maker(self) -> Maker:
        """The caller as the maker of an access code.

        Raises Refused(PERMISSION_MISSING) for a bearer token: it lives an hour, and must not become a code
        that lives a year.
        """
        if not isinstance(self.proof, Live):
            return Maker(self.proof.holder)
        if not self.by_cookie:
            raise Refused(Refusal.PERMISSION_MISSING)
        return Maker(Holder(self.proof.user_id, self.proof.epoch), self.proof.id)

    @property
    def is_admin(self) -> bool:
        return identities.ADMIN in self.proof.roles


class Authorized:
    """The caller, who must have ``permission`` if one is given. Each use keeps the session alive.

    With ``expired_password`` a password that must be changed is enough.
    """

    security: ClassVar[list[dict[str, list[str]]]] = [
        {"aaaBasic": []},
        {"aaaBearer": []},
        {"aaaSession": []},
    ]

    def __init__(self, *, permission: str | None = None, expired_password: bool = False) -> None:
        self._permission = permission
        self._expired_password = expired_password
        found = refusals(
            PASSWORD_REFUSALS, TOKEN_REFUSALS, {Refusal.COOKIE_INVALID, Refusal.CROSS_SITE}
        )
        if permission is not None:
            found |= {Refusal.PERMISSION_MISSING}
        if expired_password:
            found -= {Refusal.PASSWORD_EXPIRED}
        self.refusals: frozenset[StrEnum] = found

    def resolve(self, call: Call) -> Caller:
        caller = self._caller(call)
        if self._permission is not None and self._permission not in caller.proof.permissions:
            raise Refused(Refusal.PERMISSION_MISSING)
        if caller.session is not None:
            sessions.touch(call.core, caller.session)
        return caller

    def _caller(self, call: Call) -> Caller:
        match presented(call.request):
            case Basic(username, password):
                return Caller(
                    identities.prove(
                        call.core,
                        username,
                        password,
                        call.origin,
                        allow_expired=self._expired_password,
                        remember=True,
                    )
                )
            case Bearer(token):
                row = sessions.verify_restricted(call.core, token, NPM, OAUTH)
                return Caller(self._unrestricted(call, row))
            case SessionCookie(sessid):
                refuse_cross_site(call.request)
                return Caller(self._unrestricted(call, _session_of(call, sessid)), by_cookie=True)
        raise Refused(Refusal.CREDENTIALS_MISSING)

    def _unrestricted(self, call: Call, row: Live) -> Live:
        refusal = sessions.restriction(call.core, row)
        if refusal is not None and not self._expired_password:
            raise Refused(refusal)
        return row


def presented(request: Request) -> Basic | Bearer | SessionCookie | None:
    """The credentials of the request; None also for an unknown scheme.

    Raises Refused(HEADER_MALFORMED).
    """
    header = request.headers.get("Authorization")
    if header:
        return parse_authorization(header)
    sessid = cookie_value(request.environ.get("HTTP_COOKIE"), COOKIE)
    return SessionCookie(sessid) if sessid else None


def _session_of(call: Call, sessid: str) -> Live:
    """Any fault of a SESSID as one refusal: the seed has one error for all, expiry included."""
    try:
        return sessions.verify_restricted(call.core, sessid, SESSION)
    except Refused as refused:
        if refused.refusal is Refusal.SESSION_DISABLED:
            raise
        raise Refused(Refusal.COOKIE_INVALID) from None
