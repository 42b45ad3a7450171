"""How the service stands: live sessions, rows, the last purge, the keys, and what rests now.

Counts of rows and sessions are those that the purge's leader found last, each with its time.
"""

import json
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from ...store.figures import Figure
from ...store.models import Throttle, User
from ..core import Core
from ..credentials import clients as core_clients
from ..guard.counters import Kind
from .scanning import Page

# Of the names and addresses that rest now: those that rest longest.
RESTING_SHOWN = 100

_FIGURES = select(Figure.name, Figure.at, Figure.value)
_RESTS = Throttle.kind == bindparam("what"), Throttle.paused_until > bindparam("now")
_RESTING = select(func.count()).where(*_RESTS)
_ADDRESSES = (
    select(Throttle.network, Throttle.paused_until)
    .where(*_RESTS)
    .order_by(Throttle.paused_until.desc())
    .limit(literal_column(str(RESTING_SHOWN)))
)
_NAMES = (
    select(User.username, Throttle.paused_until)
    .join(User, User.id == Throttle.user_id)
    .where(*_RESTS)
    .order_by(Throttle.paused_until.desc())
    .limit(literal_column(str(RESTING_SHOWN)))
)


class Rows(NamedTuple):
    """How many rows of a table count, and how many only wait for the purge. A million means that or more."""

    table: str
    alive: int
    expired: int


class KeyLine(NamedTuple):
    """A key. ``state`` is "current", "verifying" or "retired", ``age`` is in seconds.

    ``sessions`` is how many live sessions end if it is retired, as counted last; None before the first count,
    and for a pepper.
    """

    kid: str
    use: str
    algorithm: str
    created_at: float
    retired_at: float | None
    state: str
    age: float
    sessions: int | None


class ClientLine(NamedTuple):
    """A client application. ``sessions`` are its live ones as counted last, None before the first count."""

    client_id: str
    name: str
    confidential: bool
    created_at: float
    disabled_at: float | None
    sessions: int | None


class Resting(NamedTuple):
    """What the brute-force guard pauses now: how many, and those that rest longest, each with the end of its
    pause (a NumericDate). ``names`` counts login names that nobody has too; ``users`` are known ones."""

    names: int
    addresses: int
    users: list[tuple[str, float]]
    networks: list[tuple[str, float]]


class Overview(NamedTuple):
    """``live`` are the live sessions by dialect, counted at ``live_at``; ``rows`` at ``rows_at``.

    ``purged`` are the rows that the last purge deleted, by table, at ``purged_at``. All NumericDates are None
    before the first time.
    """

    live: dict[str, int]
    live_at: float | None
    rows: list[Rows]
    rows_at: float | None
    purged: dict[str, int]
    purged_at: float | None
    keys: list[KeyLine]
    resting: Resting
    database: str


def overview(core: Core) -> Overview:
    """The figures of this moment. Raises StoreUnavailable."""
    kept = _kept(core)
    live: dict[str, int] = {}
    for dialect, _, _, count in _live(kept):
        live[dialect] = live.get(dialect, 0) + count
    rows_at, rows = kept.get("rows", (None, []))
    purged_at, purged = kept.get("purged", (None, {}))
    return Overview(
        live=live,
        live_at=kept["sessions"][0] if "sessions" in kept else None,
        rows=_rows(rows),
        rows_at=rows_at,
        purged=purged,
        purged_at=purged_at,
        keys=_keys(core, kept),
        resting=resting(core),
        database=core.store.backend,
    )


def keys(core: Core) -> list[KeyLine]:
    """All keys, oldest first, with what hangs on each."""
    return _keys(core, _kept(core))


def clients(core: Core, *, limit: int, after: str | None = None) -> Page[ClientLine]:
    """A page of clients in order of id, with what hangs on each."""
    kept = _kept(core)
    counts: dict[str, int] = {}
    for _, client_id, _, count in _live(kept):
        if client_id is not None:
            counts[client_id] = counts.get(client_id, 0) + count
    counted = "sessions" in kept
    found = core_clients.listed(core, limit=limit + 1, after=after or "")
    lines = [
        ClientLine(*line, counts.get(line.client_id, 0) if counted else None)
        for line in found[:limit]
    ]
    return Page(lines, lines[-1].client_id if len(found) > limit else None)


def resting(core: Core) -> Resting:
    """The login names and addresses that the brute-force guard pauses now."""
    now = core.clock.now()

    def read(statement: Any, kind: Kind) -> list[Any]:
        return core.store.read(statement, what=kind.value, now=now)

    return Resting(
        names=read(_RESTING, Kind.NAME)[0][0],
        addresses=read(_RESTING, Kind.ADDRESS)[0][0],
        users=[(name, until) for name, until in read(_NAMES, Kind.NAME)],
        networks=[(network, until) for network, until in read(_ADDRESSES, Kind.ADDRESS)],
    )


def _kept(core: Core) -> dict[str, tuple[float, Any]]:
    return {name: (at, json.loads(value)) for name, at, value in core.store.read(_FIGURES)}


def _live(kept: dict[str, tuple[float, Any]]) -> list[Any]:
    """Rows of dialect, client id, key id and count."""
    found: list[Any] = kept["sessions"][1]["live"] if "sessions" in kept else []
    return found


def _rows(counted: list[Any]) -> list[Rows]:
    tables: dict[str, dict[str, int]] = {}
    for table, state, rows in counted:
        tables.setdefault(table, {})[state] = rows
    return [Rows(table, states["alive"], states["expired"]) for table, states in tables.items()]


def _keys(core: Core, kept: dict[str, tuple[float, Any]]) -> list[KeyLine]:
    counts: dict[int | None, int] = {}
    for _, _, key_id, count in _live(kept):
        counts[key_id] = counts.get(key_id, 0) + count
    now = core.clock.now()
    ring = core.keys.ring
    current = (ring.current_seal, ring.current_jwt, ring.current_pepper)
    lines = []
    for row in core.keys.rows():
        state = "current" if row.id in current else "verifying"
        signs = row.use != "pepper" and "sessions" in kept
        lines.append(
            KeyLine(
                row.kid,
                row.use,
                row.algorithm,
                row.created_at,
                row.retired_at,
                state if row.retired_at is None else "retired",
                now - row.created_at,
                counts.get(row.id, 0) if signs else None,
            )
        )
    return lines
