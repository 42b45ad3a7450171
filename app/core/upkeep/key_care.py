"""Rotate and retire keys: end the sessions of a retired key, and write the audit events."""

from ...store.store import Writing
from .. import audit
from ..audit import Event, Origin
from ..core import Core
from ..keys.keyring import KeyRow, Use
from ..refusals import Refusal, Refused
from ..sessions import rows


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
