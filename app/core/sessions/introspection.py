"""What may be said of any token to whoever guards a resource (RFC 7662), and its end (RFC 7009)."""

import math
from contextlib import suppress
from typing import NamedTuple

from ...store.faults import StoreUnavailable
from .. import policy
from ..audit import Event, Origin
from ..core import Core
from ..refusals import Refused
from . import state, tokens
from .rows import Live
from .tokens import Reference


class Standing(NamedTuple):
    """A token that counts. ``expires_at`` bounds this very token, in whole seconds as in a JWT."""

    row: Live
    is_refresh: bool
    issued_at: int
    expires_at: int


def note_asking(core: Core, origin: Origin) -> None:
    """That a client asks about tokens is on record once a day for each of its addresses: one that nobody
    expects shows that its secret is known elsewhere. The answer neither waits for that nor hangs on it."""
    with suppress(StoreUnavailable):
        core.daily_events.record_at_once(core.clock.now(), Event.INTROSPECTED, origin)


def judge(core: Core, token: str) -> Standing | None:
    """What a token of any dialect stands for, a refresh token too; None for one that counts nowhere.

    One read and no write: to ask about a session is not to use it.
    """
    try:
        reference = tokens.read(core, token)
        if reference.purpose.is_refresh:
            row = _refreshable(core, reference)
            bounds = [row.expires_at]
        else:
            row = state.verify(core, token)
            bounds = [row.access_expires_at, row.expires_at]
    except Refused:
        return None
    if reference.expires_at is not None:
        bounds.append(reference.expires_at)
    return Standing(
        row, reference.purpose.is_refresh, math.floor(row.rotated_at), math.floor(min(bounds))
    )


def revoke(core: Core, token: str, client_id: str, origin: Origin) -> None:
    """End the session of its most recent access or refresh token, expired or not.

    The event names the client that asked. A token that counts nowhere, or no longer for its session,
    ends nothing and is no fault.
    """
    try:
        reference = tokens.read(core, token)
        row = state.find(core, reference)
    except Refused:
        return
    now = core.clock.now()
    recent = reference.generation == row.generation or policy.within_grace(
        row, reference.generation, core.policy, now
    )
    if recent and policy.session_refusal(row, now) is None:
        state.end_row(core, row, origin, "revoked", note=client_id)


def _refreshable(core: Core, reference: Reference) -> Live:
    """The row of the newest refresh token of a live session, or Refused."""
    row = state.find(core, reference)
    now = core.clock.now()
    refusal = policy.access_refusal(
        row._replace(access_expires_at=row.expires_at), reference.generation, now
    ) or state.restriction(core, row)
    if refusal is not None:
        raise Refused(refusal)
    return row
