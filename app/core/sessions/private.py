"""Sessions whose token is valid at one place alone, and nothing at the doors (``kinds.Kind.at_doors``).

Their token is random. The doors take it for a token of another kind with the same form, and find that its row
is not of that kind. The place itself looks the row up by the token's digest, and judges it here.
"""

from sqlalchemy import bindparam, update

from ...store.models import Session
from .. import audit, policy, secrets
from ..audit import Event, Origin
from ..core import Core
from ..kinds import Purpose
from ..refusals import Refusal, Refused
from . import state
from .rows import Live
from .tokens import Reference

_PROVEN = (
    update(Session)
    .where(
        Session.id == bindparam("session"),
        Session.ended_at.is_(None),
        Session.epoch == bindparam("proven_epoch"),
    )
    .values(rotated_at=bindparam("now"))
)


def verify(core: Core, purpose: Purpose, token: str) -> Live:
    """The live session of a token. Raises Refused, as ``state.verify`` does."""
    row = find(core, purpose, token)
    refuse_over(core, row)
    return row


def find(core: Core, purpose: Purpose, token: str) -> Live:
    """The session of a token, in any state. Raises Refused(TOKEN_UNKNOWN)."""
    return state.find(core, Reference(purpose, digest=secrets.digest(token)))


def refuse_over(core: Core, row: Live) -> None:
    """Raises Refused for a session that is not live, as ``state.verify`` does."""
    now = core.clock.now()
    refusal = policy.access_refusal(row, row.generation, now) or state.restriction(core, row)
    if refusal is not None:
        raise Refused(refusal)


def note_proof(core: Core, row: Live, epoch: int, origin: Origin) -> None:
    """Record that the user of a session has just proven the password of ``epoch`` again.

    ``rotated_at`` of the row is the moment of the last proof. Raises Refused(SESSION_ENDED) if the session
    ended meanwhile, or the password was changed.
    """
    with core.store.write() as writing:
        now = core.clock.now()
        given = {"session": row.id, "proven_epoch": epoch, "now": now}
        if not writing.execute(_PROVEN, given).rowcount:
            raise Refused(Refusal.SESSION_ENDED)
        audit.record(
            writing,
            now,
            Event.PROVEN_AGAIN,
            origin,
            user_id=row.user_id,
            session_id=row.id,
        )


def is_proof_fresh(core: Core, row: Live, seconds: int) -> bool:
    """Whether the last proof is less than ``seconds`` old.

    One from the future counts as old: the clock was set back.
    """
    return 0 <= core.clock.now() - row.rotated_at < seconds
