"""``watchword_rows``: how full the tables are, counted beside the requests."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.core import identities
from app.core.upkeep import purge
from app.http import row_counts
from app.http.metrics import REGISTRY
from app.http.row_counts import counting_in_turn, show_row_counts
from tests import grants
from tests.factories import ORIGIN, Identities


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request) -> str:
    return request.getfixturevalue(f"{request.param}_url")


def shown(table: str) -> tuple[float | None, float | None]:
    """Rows alive and expired, as /metrics has them."""
    alive, expired = (
        REGISTRY.get_sample_value("watchword_rows", {"table": table, "state": state})
        for state in ("alive", "expired")
    )
    return alive, expired


def test_rows_are_alive_to_the_second_of_their_expiry_and_gone_after_the_purge(
    core, identities: Identities, clock
):
    user = identities.add()
    identity = identities_prove(core, user)
    grants.aaa_session(core, identity, ORIGIN)
    clock.advance(900)
    grants.aaa_session(core, identity, ORIGIN)
    clock.advance(899)
    show_row_counts(core)
    assert shown("sessions") == (2, 0)
    clock.advance(1)
    show_row_counts(core)
    assert shown("sessions") == (1, 1)
    clock.advance(3600)
    purge.purge(core)
    show_row_counts(core)
    assert shown("sessions") == (0, 1), "the second one is told from an unknown one for an hour"


def identities_prove(core, user):
    return identities.prove(core, user.username, user.password, ORIGIN)


def test_audit_events_are_alive_for_their_whole_retention(core, identities: Identities, clock):
    identities.add()
    events = len(purge.count_rows(core))
    show_row_counts(core)
    written, expired = shown("audit_events")
    assert events == 8
    assert (written or 0) > 0
    assert expired == 0
    clock.advance(core.policy.audit_retention_seconds)
    show_row_counts(core)
    assert shown("audit_events") == (0, written)
    purge.purge(core)
    show_row_counts(core)
    assert shown("audit_events") == (0, 0)


def test_no_table_is_counted_to_its_end(core, identities: Identities, monkeypatch):
    for name in ("one", "two", "three"):
        identities.add(name)
    monkeypatch.setattr(purge, "COUNT_AT_MOST", 2)
    show_row_counts(core)
    assert shown("audit_events") == (2, 0)


def test_of_a_masters_workers_one_counts_and_the_next_takes_over_when_it_is_gone(
    core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    turn = (tmp_path / "turn").open("wb")
    # Not in ``tempfile`` itself, where threads of other tests would get this file.
    monkeypatch.setattr(row_counts, "tempfile", SimpleNamespace(TemporaryFile=lambda: turn))
    counted: list[bool] = []
    monkeypatch.setattr(row_counts, "show_row_counts", lambda _core: counted.append(True))
    count = counting_in_turn()

    def counts() -> bool:
        counted.clear()
        count(core)
        return bool(counted)

    first = Worker(counts)
    assert first.answer is True
    second = Worker(counts)
    assert second.answer is False
    first.end()
    second.end()
    third = Worker(counts)
    assert third.answer is True
    third.end()
    turn.close()


class Worker:
    """A fork that asks whether it counts, says so, and lives until it is killed."""

    def __init__(self, counts: Callable[[], bool]) -> None:
        heard, said = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                os.write(said, b"\1" if counts() else b"\0")
                signal.pause()
            finally:
                os._exit(0)
        # Or a fork that dies without a word would be waited for.
        os.close(said)
        told = os.read(heard, 1)
        os.close(heard)
        assert told, "the fork died"
        self.answer = told == b"\1"

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
