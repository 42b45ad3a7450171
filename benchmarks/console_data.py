"""A database as an operator's console meets it: many users, sessions and audit events, of 90 days.

It has what lists are slow with: states, dialects, clients and kinds of events that few of many rows have, a
user and an address with very many, and texts that match everything.
"""

import random
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Table, text

from app.core.audit import Event
from app.core.core import Core
from app.core.policy import DAY
from app.store.models import AuditEvent, Client, Customer, LoginName, Session, User

from .bulk import bulk_insert, finish_loading, without_indexes

ARGON2ID = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
BCRYPT = "$2b$12$" + "A" * 53
CUSTOMERS, CLIENTS, ADDRESSES = 10_000, 20, 100_000
# How often: a dialect or client out of so many sessions, a kind of event out of so many events.
RARE = 100_000
HEAVY_USER, BUSY_ADDRESS = 1, "198.51.100.1"
# Of all events, and of all sessions, those of the heavy user and of the busy address.
HEAVY_SHARE, HEAVY_SESSIONS = 0.02, 10_000
RARE_CLIENT, RARE_DIALECT, RARE_EVENT = "client-rare", "console", Event.KEY_ROTATED

KINDS = [
    (Event.LOGIN.value, None, 0.6),
    (Event.LOGIN_REFUSED.value, "password_wrong", 0.25),
    (Event.LOGIN_REFUSED.value, "login_unknown", 0.1),
    (Event.SESSION_ENDED.value, "logout", 0.05),
]


class Size(NamedTuple):
    """How many rows."""

    users: int
    sessions: int
    events: int


FULL = Size(1_000_000, 1_000_000, 5_000_000)
SMALL = Size(20_000, 20_000, 100_000)


def fill(core: Core, size: Size, seed: int = 11) -> None:
    """Fill an empty, migrated database. The first login events are those of the sessions."""
    now = core.clock.now()
    dice = random.Random(seed)
    customers = [str(uuid.UUID(int=dice.getrandbits(128))) for _ in range(CUSTOMERS)]
    clients = [*(f"client-{number}" for number in range(CLIENTS)), RARE_CLIENT]
    tables = [_table(model) for model in (User, LoginName, Session, AuditEvent)]
    bulk_insert(
        core.store,
        _table(Customer),
        ({"id": id_, "name": f"Customer {at}"} for at, id_ in enumerate(customers)),
    )
    bulk_insert(
        core.store,
        _table(Client),
        ({"client_id": client, "name": client, "created_at": now} for client in clients),
    )
    sessions = _logins(dice, size, now)
    with without_indexes(core.store, *tables):
        bulk_insert(core.store, tables[0], _users(dice, size, customers, now))
        bulk_insert(core.store, tables[1], _names(size))
        rows = (_session(core, dice, clients, *one) for one in sessions)
        bulk_insert(core.store, tables[2], rows)
        bulk_insert(core.store, tables[3], _events(dice, size, sessions, now))
    if core.store.backend == "postgresql":
        with core.store.write() as writing:
            for table in ("users", "audit_events"):
                writing.execute(_NEXT_ID, {"named": table, "last": max(size)})
    finish_loading(core.store)


_NEXT_ID = text("SELECT setval(pg_get_serial_sequence(:named, 'id'), :last)")


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def username(number: int) -> str:
    return f"user{number:07}"


def _users(
    dice: random.Random, size: Size, customers: list[str], now: float
) -> Iterator[dict[str, Any]]:
    for number in range(1, size.users + 1):
        yield {
            "id": number,
            "uuid": str(uuid.UUID(int=dice.getrandbits(128))),
            "username": username(number),
            "email": f"{username(number)}@example.com",
            "password_hash": BCRYPT if number % 20 == 0 else ARGON2ID,
            "password_expired": number % 100 == 1,
            "epoch": 1,
            "roles": "",
            "permissions": "npm",
            "customer_id": dice.choice(customers) if number % 2 else None,
            "created_at": now - 90 * DAY,
            "disabled_at": now - DAY if number % 100 == 2 else None,
        }


def _names(size: Size) -> Iterator[dict[str, Any]]:
    for number in range(1, size.users + 1):
        for name in (username(number), f"{username(number)}@example.com"):
            yield {"name": name, "user_id": number}


def _address(dice: random.Random) -> str:
    number = dice.randrange(ADDRESSES)
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _logins(dice: random.Random, size: Size, now: float) -> list[tuple[int, int, str, float, bool]]:
    """Sessions, by id: the user, the address, when it was opened, and whether it is live."""
    heavy = min(HEAVY_SESSIONS, size.sessions // 10)
    found = []
    for number in range(size.sessions):
        user = HEAVY_USER if number < heavy else dice.randint(1, size.users)
        opened = now - dice.random() * 30 * DAY
        address = BUSY_ADDRESS if dice.random() < HEAVY_SHARE else _address(dice)
        found.append((dice.getrandbits(63), user, address, opened, dice.random() < 0.9))
    return sorted(found)


def _session(
    core: Core,
    dice: random.Random,
    clients: list[str],
    id_: int,
    user: int,
    address: str,
    opened: float,
    live: bool,
) -> dict[str, Any]:
    now = core.clock.now()
    dialect, client = dice.choice(("session", "session", "token_v2", "token_v2", "aaa")), None
    if dice.random() * RARE < 1:
        dialect = RARE_DIALECT
    if dialect == "session":
        client = RARE_CLIENT if dice.random() * RARE < 3 else dice.choice(clients[:-1])
    expires = now + 30 * DAY if live else now - 60
    return {
        "id": id_,
        "user_id": user,
        "dialect": dialect,
        "client_id": client,
        "generation": 1,
        "key_id": core.current_key_id(core.kinds.named[dialect]) if dialect != "aaa" else None,
        "epoch": 1,
        "opened_at": opened,
        "rotated_at": opened,
        "access_expires_at": expires,
        "expires_at": expires,
        "absolute_expires_at": expires,
        "address": address,
    }


def _events(
    dice: random.Random, size: Size, sessions: list[Any], now: float
) -> Iterator[dict[str, Any]]:
    """In the order of their times, as a service would have written them."""
    for number, (at, session) in enumerate(_moments(dice, size, sessions, now), 1):
        if session is not None:
            event, reason = Event.LOGIN.value, None
            session_id, user, address = session[:3]
        else:
            session_id = None
            ((event, reason, _),) = dice.choices(KINDS, [share for *_, share in KINDS])
            user = HEAVY_USER if dice.random() < HEAVY_SHARE else dice.randint(1, size.users)
            address = BUSY_ADDRESS if dice.random() < HEAVY_SHARE else _address(dice)
            if dice.random() * RARE < 0.1:
                event, reason = RARE_EVENT.value, None
        dialect = RARE_DIALECT if dice.random() * RARE < 1 else dice.choice(("aaa", "session"))
        yield {
            "id": number,
            "at": at,
            "event": event,
            "reason": reason,
            "dialect": dialect,
            "user_id": user,
            "session_id": session_id,
            "address": address,
            "network": address,
            "request_id": f"{dice.getrandbits(128):032x}",
            "count": 1,
            "tallied": 0,
        }


def _moments(
    dice: random.Random, size: Size, sessions: list[Any], now: float
) -> Iterator[tuple[float, Any]]:
    others = (now - dice.random() * 90 * DAY for _ in range(size.events - len(sessions)))
    moments = [(at, None) for at in others]
    moments += [(session[3], session) for session in sessions]
    moments.sort(key=lambda moment: moment[0])
    return iter(moments)
