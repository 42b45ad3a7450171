"""Metrics of workers in shared memory: summed, kept when a worker dies, and never in the way of an answer."""

import os
from collections.abc import Iterator

import pytest

from app.core.refusals import Refusal
from app.http import metrics
from app.http.shared_values import NUMBERS, SLOT_BYTES, SharedValues


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedValues]:
    """Numbers of the test's own, shared by four processes."""
    values = SharedValues()
    values.share(4)
    monkeypatch.setattr(metrics, "values", values)
    metrics.take_slot(0)
    yield values
    metrics.take_slot(None)


def shown(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name, labels)


def in_a_worker(slot: int | None, work) -> None:
    """A fork that takes a slot, works, and dies at once without tidying up."""
    pid = os.fork()
    if not pid:
        try:
            metrics.take_slot(slot)
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_all_workers_are_summed_and_a_dead_one_is_not_forgotten():
    for slot in (1, 2):
        in_a_worker(slot, lambda: metrics.observe("verify", 204, None, 0.002))
    metrics.observe("verify", 204, None, 2)
    assert shown("watchword_requests_total", dialect="verify", status="204") == 3
    assert shown("watchword_request_seconds_bucket", dialect="verify", le="0.001") == 0
    assert shown("watchword_request_seconds_bucket", dialect="verify", le="0.0025") == 2
    assert shown("watchword_request_seconds_bucket", dialect="verify", le="2.5") == 3
    assert shown("watchword_request_seconds_count", dialect="verify") == 3
    assert shown("watchword_request_seconds_sum", dialect="verify") == pytest.approx(2.004)


def test_who_replaces_a_dead_worker_goes_on_in_its_slot():
    def work() -> None:
        metrics.observe("aaa", 401, Refusal.PASSWORD_WRONG, 20)

    for _ in range(5):
        in_a_worker(1, work)
    refused = {"dialect": "aaa", "refusal": "password_wrong"}
    assert shown("watchword_refusals_total", **refused) == 5
    assert shown("watchword_request_seconds_bucket", dialect="aaa", le="2.5") == 0
    assert shown("watchword_request_seconds_bucket", dialect="aaa", le="+Inf") == 5


def test_the_lowest_free_slot_is_the_next_workers(fresh):
    assert fresh.free([]) == 0
    assert fresh.free([0, 1, 3]) == 2
    assert fresh.free([0, 1, 2, 3]) is None


def test_a_worker_beyond_all_slots_counts_for_itself():
    def work() -> None:
        metrics.observe("verify", 204, None, 0.1)
        assert shown("watchword_requests_total", dialect="verify", status="204") == 1

    in_a_worker(None, work)
    assert shown("watchword_requests_total", dialect="verify", status="204") is None


def test_a_full_slot_counts_what_it_knows_and_drops_the_rest(fresh):
    metrics.observe("verify", 204, None, 0.1)
    names = 0
    while fresh.own.place(("requests", "filler", str(names)), 1) is not None:
        names += 1
    assert 500 < names < NUMBERS
    metrics.observe("verify", 500, Refusal.BUSY, 0.1)
    metrics.observe("verify", 204, None, 0.1)
    assert shown("watchword_requests_total", dialect="verify", status="500") is None
    assert shown("watchword_requests_total", dialect="verify", status="204") == 2


def test_of_row_counts_the_newest_is_shown_whoever_counted():
    metrics.set_rows("sessions", "alive", 7)
    in_a_worker(1, lambda: metrics.set_rows("sessions", "alive", 5))
    assert shown("watchword_rows", table="sessions", state="alive") == 5


def test_names_have_room_for_every_dialect_status_and_refusal(fresh):
    """The closed sets of labels, all of them in one worker's slot."""
    for dialect in ("aaa", "token_v2", "login", "session", "verify", "oauth2", "problem"):
        for refusal in Refusal:
            metrics.observe(dialect, 401, refusal, 0.1)
        for status in (200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 413, 415, 429, 500, 503):
            metrics.observe(dialect, status, None, 0.1)
    assert fresh.own.place(("requests", "one more", "200"), 1) is not None
    assert SLOT_BYTES == 128 * 1024
