"""The brute-force guard: failures in a row per login name and per client address.

Kept in the database, so it is exact across workers and machines. A name is counted whether or not it
exists. While it rests, no password is looked at, from anywhere, save from an address that lately
logged in to it well: that pair has a count of its own, so a stranger cannot lock a victim out.
"""

import hashlib
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..store.models import AuditEvent, LoginName, Throttle
from .audit import Event, Origin
from .names import folded
from .networks import network_of
from .policy import Policy, pause_seconds
from .refusals import Refusal, Refused

if TYPE_CHECKING:
    from .wiring import Core

THROTTLES_OF = select(Throttle.key, Throttle.failures, Throttle.paused_until).where(
    or_(*(Throttle.key == bindparam(name) for name in ("name_key", "door_key", "address_key")))
)

THROTTLE = select(Throttle.failures, Throttle.paused_until).where(Throttle.key == bindparam("key"))

KNOWN_ADDRESS = (
    select(AuditEvent.id)
    .join(LoginName, LoginName.user_id == AuditEvent.user_id)
    .where(
        LoginName.name == bindparam("login"),
        AuditEvent.address == bindparam("address"),
        AuditEvent.at > bindparam("since"),
        AuditEvent.event == Event.LOGIN.value,
    )
    .limit(1)
)


class Attempt(NamedTuple):
    """One attempt's counters, and whether either has failures to clear after a success."""

    counter: bytes
    address: bytes | None
    counted: bool


def admit(core: "Core", login: str, origin: Origin) -> Attempt:
    """Let a password attempt through, or raise Refused(ACCOUNT_PAUSED or ADDRESS_PAUSED)."""
    name = folded(login)
    network = network_of(origin.address)
    name_key = _key("login", name)
    door_key = _key("door", name, network or "")
    address_key = _key("address", network or "")
    now = core.clock.now()
    rows = {
        bytes(key): (failures, paused_until)
        for key, failures, paused_until in core.queries.throttles(
            name_key=name_key, door_key=door_key, address_key=address_key
        )
    }
    if network is not None:
        _refuse_paused(rows.get(address_key), now, Refusal.ADDRESS_PAUSED)
    counter = name_key
    if _paused(rows.get(name_key), now) and _is_known(core, name, origin.address, now):
        counter = door_key
    _refuse_paused(rows.get(counter), now, Refusal.ACCOUNT_PAUSED)
    return Attempt(counter, address_key if network else None, counter in rows)


def admit_address(core: "Core", origin: Origin) -> bytes | None:
    """The same for credentials too long to guess: only the address can be paused."""
    network = network_of(origin.address)
    if network is None:
        return None
    key = _key("address", network)
    row = core.queries.throttle(key=key)
    _refuse_paused(row, core.clock.now(), Refusal.ADDRESS_PAUSED)
    return key


def failed(connection: Connection, now: float, policy: Policy, attempt: Attempt) -> Refused | None:
    """Count a wrong password, on the name and on the address.

    The pause, if one began while the password was looked at: then that is what the caller is told,
    whether or not the password was right.
    """
    failures, until = _count(
        connection, now, attempt.counter, now + policy.pause_forget_seconds, prolong=True
    )
    pause = pause_seconds(failures, policy)
    if pause:
        _pause(connection, attempt.counter, now + pause)
    name = _pause_of(until, now, Refusal.ACCOUNT_PAUSED)
    return failed_address(connection, now, policy, attempt.address) or name


def failed_address(
    connection: Connection, now: float, policy: Policy, address: bytes | None
) -> Refused | None:
    """Count a failure of any kind against the client address alone; the pause, as in ``failed``."""
    if address is None:
        return None
    failures, until = _count(
        connection, now, address, now + policy.address_window_seconds, prolong=False
    )
    if failures >= policy.address_failures:
        _pause(connection, address, now + policy.address_pause_seconds)
    return _pause_of(until, now, Refusal.ADDRESS_PAUSED)


def succeeded(connection: Connection, attempt: Attempt) -> None:
    """Forget the failures of the name. Call it only where ``attempt.counted``."""
    connection.execute(delete(Throttle).where(Throttle.key == attempt.counter))


def clear(connection: Connection, login: str) -> bool:
    """Lift a pause (``flask users unlock``); whether there was a count at all."""
    key = _key("login", folded(login))
    return connection.execute(delete(Throttle).where(Throttle.key == key)).rowcount > 0


def paused_until(core: "Core", login: str) -> float | None:
    """Until when the name rests, as a NumericDate; None if it does not."""
    key = _key("login", folded(login))
    row = core.queries.throttle(key=key)
    return row[1] if row is not None and _paused(row, core.clock.now()) else None


def _is_known(core: "Core", name: str, address: str | None, now: float) -> bool:
    since = now - core.policy.known_address_seconds
    return address is not None and bool(
        core.queries.known_address(login=name, address=address, since=since)
    )


def _paused(row: tuple[Any, ...] | None, now: float) -> bool:
    return row is not None and now < row[1]


def _refuse_paused(row: tuple[Any, ...] | None, now: float, refusal: Refusal) -> None:
    refused = _pause_of(row[1], now, refusal) if row is not None else None
    if refused is not None:
        raise refused


def _pause_of(until: float, now: float, refusal: Refusal) -> Refused | None:
    return Refused(refusal, retry_after=math.ceil(until - now)) if now < until else None


def _key(kind: str, *parts: str) -> bytes:
    return hashlib.sha256("\0".join((kind, *parts)).encode()).digest()


def _count(
    connection: Connection, now: float, key: bytes, forget_at: float, *, prolong: bool
) -> tuple[int, float]:
    """Add one in one statement, so that concurrent failures all count; the count, and its pause.

    ``prolong`` counts failures in a row, however slow; otherwise a window opens with the first.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Throttle).values(
        key=key, failures=1, paused_until=0.0, expires_at=forget_at
    )
    forgotten = Throttle.expires_at <= now
    running = case((forgotten, 1), else_=Throttle.failures + 1)
    keep = Throttle.expires_at if not prolong else forget_at
    upsert = statement.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={"failures": running, "expires_at": case((forgotten, forget_at), else_=keep)},
    ).returning(Throttle.failures, Throttle.paused_until)
    failures, until = connection.execute(upsert).one()
    return failures, until


def _pause(connection: Connection, key: bytes, until: float) -> None:
    connection.execute(
        update(Throttle)
        .where(Throttle.key == key)
        .values(
            paused_until=until,
            expires_at=case((Throttle.expires_at < until, until), else_=Throttle.expires_at),
        )
    )
