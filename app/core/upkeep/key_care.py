"""Rotate and retire keys: end the sessions of a retired key, and write the audit events."""

from typing import get_args

from sqlalchemy import bindparam, func, select

from ...store.models import Session
from ...store.store import Writing
from .. import audit
from ..audit import Event, Origin
from ..core import Core
from ..keys.keyring import KeyRow, Use
from ..refusals import Refusal, Refused
from ..sessions import rows

# What is rotated if no use is named. A new pepper takes effect one password at a time, so it is asked for.
SIGNING: tuple[Use, ...] = ("seal", "jwt")
USES: tuple[Use, ...] = get_args(Use)

_IS_LIVE = Session.ended_at.is_(None), Session.expires_at > bindparam("now")
_LIVE = select(func.count()).where(Session.key_id == bindparam("signed_by"), *_IS_LIVE)


def sessions_of(core: Core, key_id: int) -> int:
    """How many sessions end if the key is retired now. It reads the whole table."""
    ((live,),) = core.store.read(_LIVE, signed_by=key_id, now=core.clock.now())
    return int(live)


def rotate_all(core: Core, use: Use | None, origin: Origin) -> dict[Use, str]:
    """Make new current keys for ``use``, or for all that sign. Returns their kids. Raises KeysUnusable."""
    return {each: rotate(core, each, origin) for each in ((use,) if use else SIGNING)}


def rotate(core: Core, use: Use, origin: Origin) -> str:
    """Make a new current key. Returns its kid. Older keys go on verifying. Raises KeysUnusable."""

    def record(writing: Writing, kid: str) -> None:
        audit.record(writing, core.clock.now(), Event.KEY_ROTATED, origin, note=f"{use} {kid}")

    return core.keys.rotate(use, record)


def retire(core: Core, kid: str, origin: Origin) -> int:
    """Stop verifying with a key, and end the sessions that it signs for. Returns how many.

    Raises Refused(NOT_FOUND), also if the key was retired before, and KeysUnusable for a current key.
    """
    ended = 0

    def end(writing: Writing, key: KeyRow) -> None:
        nonlocal ended
        if key.retired_at is not None:
            raise Refused(Refusal.NOT_FOUND, "the key is retired already")
        now = core.clock.now()
        ended = rows.end_where(writing, now, "key_retired", rows.OF_SIGNING_KEY, signed_by=key.id)
        note = f"{key.use} {key.kid}, {ended} sessions ended"
        audit.record(writing, now, Event.KEY_RETIRED, origin, note=note)

    core.keys.retire(kid, end)
    return ended
