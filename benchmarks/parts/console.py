"""The lists and figures of the console, by the core's functions, on a large database.

Each is asked for thirty times, as an operator would: with every filter, in the middle of a list, and with
filters that few of millions of rows meet. A page that is short, because one call reads a bounded number of
rows, counts as one page; its figure says how many lines it had.
"""

import math
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.core import listings
from app.core.audit import Event
from app.core.core import Core
from app.core.listings import SPANS, EventFilter, SessionFilter, UserState, audit_trail
from app.core.policy import DAY
from app.core.upkeep import event_hours, figures

from .. import console_data, data, postgres
from ..compare import Effort
from ..console_data import (
    BUSY_ADDRESS,
    FULL,
    HEAVY_USER,
    RARE_CLIENT,
    RARE_DIALECT,
    RARE_EVENT,
    SMALL,
    Size,
    username,
)
from ..data import Database
from ..results import Findings, Row
from ..servers import CACHE

CALLS = 30
PAGE = 50
BOUND_MS = 150

Ask = Callable[[], Any]


def lists_and_figures(effort: Effort) -> Findings:
    size = SMALL if effort.quick else FULL
    findings = Findings()
    with ExitStack() as stack:
        for name, database in databases(stack, size).items():
            found = measure(database, size)
            findings.details[name] = found
            slowest = max(found["pages"], key=lambda page: float(found["pages"][page]["p95_ms"]))
            findings.rows.append(
                Row(
                    f"the console's slowest list, p95, {name}, {size.events:,} events",
                    BOUND_MS,
                    found["pages"][slowest]["p95_ms"],
                    unit=" ms",
                    at_most=True,
                    note=slowest,
                )
            )
    return findings


def databases(stack: ExitStack, size: Size) -> dict[str, Database]:
    server = stack.enter_context(postgres.server())
    home = CACHE / "data" / f"console-{size.users}-{_version()}"
    home.mkdir(parents=True, exist_ok=True)
    secret = data.secret_of(home)
    file = home / "watchword.sqlite3"
    return {
        "SQLite": Database(f"sqlite:///{file}", secret, home, file),
        "PostgreSQL": Database(server(data.postgresql_name(home, secret)), secret, home),
    }


def _version() -> str:
    return data.fingerprint(Path(console_data.__file__))


def measure(database: Database, size: Size) -> dict[str, Any]:
    """The figures of one database, which is filled if it is empty."""
    with data.application(database) as core:
        seconds = measured_fill(core, size)
        pages = {name: _p95(ask) for name, ask in _asked(core, size).items()}
        for name, page in pages.items():
            print(f"  {core.store.backend} {name}: {page}", flush=True)
    return {"rows": size._asdict(), "seconds": seconds, "pages": pages}


def measured_fill(core: Core, size: Size) -> dict[str, float]:
    """Fill an empty database; the seconds that it took, and the first count of its events."""
    if listings.users(core, limit=1).lines:
        return {"fill": 0.0, "count": 0.0}
    return {
        "fill": _timed(lambda: console_data.fill(core, size)),
        "count": _timed(lambda: _count(core)),
    }


def _count(core: Core) -> None:
    # PostgreSQL needs three rounds.
    for _ in range(3):
        event_hours.count_up(core)
    figures.keep(core, {})


def _timed(ask: Ask) -> float:
    started = time.perf_counter()
    ask()
    return round(time.perf_counter() - started, 1)


def _p95(ask: Ask) -> dict[str, float]:
    times, lines = [], 0
    spent = time.process_time()
    for _ in range(CALLS):
        started = time.perf_counter()
        found = ask()
        times.append((time.perf_counter() - started) * 1_000)
        lines = len(getattr(found, "lines", ()))
    times.sort()
    return {
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[math.ceil(len(times) * 0.95) - 1], 2),
        # Of this process: on SQLite all of it. It does not depend on what else the machine does.
        "cpu_ms": round((time.process_time() - spent) / CALLS * 1_000, 2),
        "lines": lines,
    }


def _asked(core: Core, size: Size) -> dict[str, Ask]:
    return {
        **_users(core, size),
        **_sessions(core, size),
        **_events(core, size),
        **_figures(core, size),
    }


def _users(core: Core, size: Size) -> dict[str, Ask]:
    dice = random.Random(1)
    somebody = listings.user(core, size.users // 3)

    def users(**asked: Any) -> Ask:
        return lambda: listings.users(core, limit=PAGE, **asked)

    def searched_far() -> Any:
        # In the middle of what matches everything.
        place = f'["name", "{username(dice.randint(1, size.users))}", 1]'
        return listings.users(core, limit=PAGE, search="user", after=place)

    return {
        "users": users(),
        "users, in the middle": lambda: listings.users(
            core, limit=PAGE, after=username(dice.randint(1, size.users))
        ),
        "users, search that all match": users(search="user"),
        "users, search that all match, in the middle": searched_far,
        "users, search by name": lambda: listings.users(
            core, limit=PAGE, search=username(dice.randint(1, size.users))
        ),
        "users, search by e-mail": users(search=somebody.email),
        "users, search by uid": users(search="4711"),
        "users, search by UUID": users(search=somebody.id),
        "users, search by customer": users(search="Customer 77"),
        "users, search that none match": users(search="zzz"),
        **{f"users, {state}": users(states=[state]) for state in UserState},
        **{
            f"users, search that all match, {state}": users(search="user", states=[state])
            for state in UserState
        },
        "users, two states that exclude each other": users(
            states=[UserState.DISABLED, UserState.PASSWORD_EXPIRED]
        ),
        "user with many sessions and events": lambda: listings.person(core, HEAVY_USER),
        "user": lambda: listings.person(core, dice.randint(1, size.users)),
    }


def _sessions(core: Core, size: Size) -> dict[str, Ask]:
    dice = random.Random(2)
    some = listings.sessions(core, limit=200, newest_first=True).lines

    def sessions(newest_first: bool = True, **filters: Any) -> Ask:
        which = SessionFilter(**filters)
        return lambda: listings.sessions(core, which, limit=PAGE, newest_first=newest_first)

    return {
        "sessions": sessions(),
        "sessions, oldest first": sessions(newest_first=False),
        "sessions, further": lambda: listings.sessions(
            core, limit=PAGE, after=dice.choice(some).session, newest_first=True
        ),
        "sessions, all": sessions(every=True),
        "sessions of a dialect": sessions(dialect="token_v2"),
        "sessions of a rare dialect": sessions(dialect=RARE_DIALECT),
        "sessions of a client": sessions(client_id="client-3"),
        "sessions of a rare client": sessions(client_id=RARE_CLIENT),
        "sessions of a client, another dialect": sessions(client_id="client-3", dialect="aaa"),
        "sessions of a user": sessions(user_id=size.users // 2),
        "sessions of a user with many": sessions(user_id=HEAVY_USER),
        "sessions of an address": sessions(address=some[0].address),
        "sessions of a busy address": sessions(address=BUSY_ADDRESS),
        "sessions of a busy address, rare dialect": sessions(
            address=BUSY_ADDRESS, dialect=RARE_DIALECT
        ),
    }


def _events(core: Core, size: Size) -> dict[str, Ask]:
    dice = random.Random(3)
    now = core.clock.now()
    newest = audit_trail.events(core, limit=PAGE).lines
    request = newest[0].request_id or ""

    def events(**filters: Any) -> Ask:
        which = EventFilter(**filters)
        return lambda: audit_trail.events(core, which, limit=PAGE)

    return {
        "audit": events(),
        "audit, in the middle": lambda: audit_trail.events(
            core, limit=PAGE, before=dice.randint(1, size.events)
        ),
        "audit, logins": events(event=Event.LOGIN),
        "audit, a rare event": events(event=RARE_EVENT),
        "audit, an event that never was": events(event=Event.SEEDED),
        "audit of a dialect": events(dialect="aaa"),
        "audit of a rare dialect": events(dialect=RARE_DIALECT),
        "audit of a dialect that never was": events(dialect="nothing"),
        "audit of a user": events(user_id=size.users // 2),
        "audit of a user with many": events(user_id=HEAVY_USER),
        "audit of a user with many, a rare event": events(user_id=HEAVY_USER, event=RARE_EVENT),
        "audit of an address": events(address=newest[0].address),
        "audit of a busy address": events(address=BUSY_ADDRESS),
        "audit of a busy address, a rare event": events(address=BUSY_ADDRESS, event=RARE_EVENT),
        "audit of a user and an address": events(user_id=HEAVY_USER, address=BUSY_ADDRESS),
        "audit of a day long ago": events(since=now - 80 * DAY, until=now - 79 * DAY),
        "why": lambda: listings.why(core, request),
        "audit export, 1,000 events": lambda: next(audit_trail.export(core)),
    }


def _figures(core: Core, _size: Size) -> dict[str, Ask]:
    def timeline(name: str) -> Ask:
        return lambda: listings.timeline(core, SPANS[name])

    return {
        **{f"figures of {name}": timeline(name) for name in SPANS},
        "overview": lambda: listings.overview(core),
        "keys": lambda: listings.keys(core),
        "clients": lambda: listings.clients(core, limit=PAGE),
    }
