"""The operator: who logs in, who is signed in, and when the last proof of the password was.

Only users with the role ``admin`` are let in. Role, account and password are read from the database at every
request, so that somebody who was demoted or disabled in mid-session is out at once.
"""

from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from ..core import identities, sessions
from ..core.audit import Origin
from ..core.core import Core
from ..core.identities import proof
from ..core.refusals import Refusal, Refused
from ..core.sessions import grants, private
from ..core.sessions.rows import Live
from ..http.contract import Call
from . import cookies
from .kinds import CONSOLE, ROLE, SESSION

# What gives power away asks for the password again if the last proof is older.
PROOF_SECONDS = 300
# Not an admin any more, or never one: the reason of such an end, and of a refused login.
NOT_AN_ADMIN = Refusal.PERMISSION_MISSING


class Operator(NamedTuple):
    """Who is signed in: the session with its user, and the token that names it."""

    row: Live
    token: str

    @property
    def name(self) -> str:
        return self.row.username

    def origin(self, call: Call) -> Origin:
        """Where an act comes from, with the operator's name."""
        return call.origin._replace(operator=self.name)

    def has_fresh_proof(self, core: Core) -> bool:
        return private.is_proof_fresh(core, self.row, PROOF_SECONDS)


class SignedIn:
    """The session of an admin, by its cookie. Every use moves its idle expiry, except that of a poll."""

    security: ClassVar[list[dict[str, list[str]]]] = []
    refusals: ClassVar[frozenset[StrEnum]] = frozenset(
        {
            Refusal.CREDENTIALS_MISSING,
            Refusal.TOKEN_UNKNOWN,
            Refusal.SESSION_ENDED,
            Refusal.SESSION_EXPIRED,
            Refusal.SESSION_DISABLED,
            Refusal.PASSWORD_EXPIRED,
            Refusal.PERMISSION_MISSING,
        }
    )

    def __init__(self, *, keeps_alive: bool = True) -> None:
        self._keeps_alive = keeps_alive

    def resolve(self, call: Call) -> Operator:
        token = cookies.session_token(call.request)
        if token is None:
            raise Refused(Refusal.CREDENTIALS_MISSING)
        row = private.find(call.core, SESSION, token)
        if ROLE not in row.roles:
            if row.ended_at is None:
                # Its login was under way when the role was taken away. It would be back with the role.
                sessions.end_row(call.core, row, call.origin, NOT_AN_ADMIN)
            raise Refused(NOT_AN_ADMIN)
        private.refuse_over(call.core, row)
        if self._keeps_alive:
            sessions.touch(call.core, row)
        return Operator(row, token)


def log_in(core: Core, name: str, password: str, origin: Origin) -> str:
    """Open a session for an admin. Returns its token, which is always a new one (session fixation).

    Raises what ``identities.prove`` raises, and Refused(PERMISSION_MISSING) for a user who is no admin.
    """
    user = identities.prove(core, name, password, origin)
    if ROLE not in user.roles:
        proof.note_refusal(core, NOT_AN_ADMIN, origin, user.id)
        raise Refused(NOT_AN_ADMIN)
    return grants.open_with_token(core, CONSOLE, SESSION, user, origin)


def log_out(core: Core, token: str | None, origin: Origin) -> None:
    """End the session of a token, if it is one."""
    if token is None:
        return
    try:
        row = private.verify(core, SESSION, token)
    except Refused:
        return
    sessions.end_row(core, row, origin)


def prove_again(call: Call, operator: Operator, password: str) -> None:
    """Prove the operator's password once more. Raises what ``identities.prove`` raises, and SESSION_ENDED."""
    origin = operator.origin(call)
    user = identities.prove(call.core, operator.name, password, origin)
    private.note_proof(call.core, operator.row, user.epoch, origin)


def of(call: Call) -> Operator:
    """The operator of a request whose operation demands one."""
    caller: Any = call.caller
    assert isinstance(caller, Operator), "the operation's credential has resolved it"
    return caller
