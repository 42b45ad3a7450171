"""Introspection (RFC 7662) and revocation (RFC 7009) of any token, for confidential clients."""

import math
from contextlib import suppress
from typing import NamedTuple

from ...store.faults import StoreUnavailable
from .. import policy
from ..audit import Event, Origin
from ..core import Core
from ..refusals import Refused
from . import nearby, state, tokens
from .rows import Live
from .tokens import Reference


class Standing(NamedTuple):
    """A valid token. ``expires_at`` is its own expiry, in whole seconds as in a JWT."""

    row: Live
    is_refresh: bool
    issued_at: int
    expires_at: int


def note_asking(core: Core, origin: Origin) -> None:
    """Record that a client introspects, once a day for each of its addresses.

    An unexpected address shows that the client's secret was stolen. The answer does not wait for this
    event, and does not fail with it.
    """
    with suppress(StoreUnavailable):
        core.daily_events.record_at_once(core.clock.now(), Event.INTROSPECTED, origin)


def judge(core: Core, token: str) -> Standing | None:
    """The session and expiry of a valid token of any dialect, refresh tokens too; None if it is not valid.

    It reads once and does not move the idle expiry: to ask about a session is not to use it.
    """
    try:
        return nearby.first_yes(core, lambda at: _judge(at, token))
    except Refused:
        return None


def _judge(core: Core, token: str) -> Standing:
    """Raises Refused."""
    reference = tokens.read(core, token)
    if reference.purpose.is_refresh:
        row = _refreshable(core, reference)
        bounds = [row.expires_at]
    else:
        row = state.verify(core, token)
        bounds = [row.access_expires_at, row.expires_at]
    if reference.expires_at is not None:
        bounds.append(reference.expires_at)
    return Standing(
        row, reference.purpose.is_refresh, math.floor(row.rotated_at), math.floor(min(bounds))
    )


def revoke(core: Core, token: str, client_id: str, origin: Origin) -> None:
    """End the session of its most recent access or refresh token, expired or not.

    The event names the client that asked. For a token that is not valid, or not the newest of its session,
    this does nothing.
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
    """The row of a live session, by its newest refresh token. Raises Refused."""
    row = state.find(core, reference)
    now = core.clock.now()
    refusal = policy.access_refusal(
        row._replace(access_expires_at=row.expires_at), reference.generation, now
    ) or state.restriction(core, row)
    if refusal is not None:
        raise Refused(refusal)
    return row
