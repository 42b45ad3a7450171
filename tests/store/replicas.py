"""A streaming standby of the run's PostgreSQL, and applications that read at it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, make_url, text

from app import create_app
from app.core import identities, sessions
from app.http import metrics
from chaos.failover import Standby, wait_for_replay
from tests import grants
from tests.conftest import settings_for
from tests.factories import ORIGIN, Identities


def in_database(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def stalled(standby: Standby) -> Iterator[None]:
    """The standby takes the log, and replays none of it."""
    run(standby.url, "SELECT pg_wal_replay_pause()")
    while run(standby.url, "SELECT pg_get_wal_replay_pause_state()") != [("paused",)]:
        pass
    try:
        yield
    finally:
        run(standby.url, "SELECT pg_wal_replay_resume()")


@contextmanager
def cut_off(standby: Standby) -> Iterator[None]:
    """The standby gets no more of the log."""
    connected = run(standby.url, "SELECT setting FROM pg_settings WHERE name = 'primary_conninfo'")
    run(standby.url, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    while run(standby.url, "SELECT pid FROM pg_stat_wal_receiver"):
        pass
    try:
        yield
    finally:
        quoted = connected[0][0].replace("'", "''")
        run(
            standby.url,
            f"ALTER SYSTEM SET primary_conninfo = '{quoted}'",
            "SELECT pg_reload_conf()",
        )


def run(url: str, *statements: str) -> list[Any]:
    """Run statements beside the service. The rows of the last one."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    found: list[Any] = []
    with engine.connect() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
            found = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return found


class Nearby:
    """An application on a primary, with a replica, which has one user."""

    def __init__(self, primary: str, replica: str, monkeypatch: Any, **settings: object) -> None:
        self.primary, self.at = primary, replica
        self.app: Flask = create_app(
            settings_for(primary, monkeypatch, replica_url=replica, **settings)
        )
        self.core = self.app.extensions["watchword"].core
        self.replica = self.core.replica
        self.client = self.app.test_client(use_cookies=False)
        self.user = Identities(self.core).add()
        Identities(self.core).client("koms-web")

    def login(self) -> str:
        """The token of a new session."""
        proven = identities.prove(self.core, self.user.username, self.user.password, ORIGIN)
        token: str = grants.session_pair(self.core, proven, "koms-web", ORIGIN).access
        return token

    def logout(self, token: str) -> None:
        sessions.end_row(self.core, sessions.verify(self.core, token), ORIGIN)

    def verify(self, token: str) -> int:
        bearer = {"Authorization": f"Bearer {token}"}
        return self.client.get("/verify", headers=bearer).status_code

    def last_yes(self, token: str, before_each: Callable[[], object]) -> float:
        """How long from now the token is accepted: when the last question with a yes was asked."""
        now, last = time.monotonic(), 0.0
        while True:
            before_each()
            asked = time.monotonic() - now
            if self.verify(token) != 204:
                return last
            last = asked

    def caught_up(self) -> None:
        """The replica has everything, and is in use."""
        wait_for_replay(self.primary, self.at)
        self.until(None)

    def until(self, reason: str | None, seconds: float = 10) -> None:
        """Measure until the replica is passed over for this reason, or in use."""
        deadline = time.monotonic() + seconds
        while self.replica.measure() != reason:
            assert time.monotonic() < deadline, f"{self.replica.reason}, not {reason}"

    @contextmanager
    def counted(self) -> Iterator[Callable[[], dict[str, float]]]:
        """What the block adds to the counts of reads with a replica, by outcome."""
        before = reads()
        yield lambda: {
            outcome: number - before.get(outcome, 0)
            for outcome, number in reads().items()
            if number != before.get(outcome, 0)
        }


def reads() -> dict[str, float]:
    return {
        sample.labels["outcome"]: sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
        if sample.name == f"{metrics.AT_REPLICA.name}_total"
    }
