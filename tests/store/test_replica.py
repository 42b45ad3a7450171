"""Verification at a real streaming standby: it may only say yes, and only while it is recent enough."""

import time
from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import make_url

from app import traces
from app.core import sessions
from app.core.refusals import Refusal, Refused
from app.core.sessions import introspection
from app.core.upkeep.preflight import StartRefused, preflight
from app.http import metrics
from app.store.faults import StoreUnavailable
from app.store.positions import PassedOver, Reason
from chaos.failover import Standby
from tests.store.replicas import Nearby, cut_off, in_database, run, stalled

BOUND = 1  # in seconds: the shortest that can be set


@pytest.fixture
def near(start: Callable[..., Nearby]) -> Nearby:
    return start(replica_lag_seconds=BOUND)


def test_a_yes_comes_from_the_replica_and_a_no_from_the_primary(near: Nearby):
    token = near.login()
    near.caught_up()
    with near.counted() as counted:
        assert near.verify(token) == 204
        assert introspection.judge(near.core, token)
        assert counted() == {"yes": 2}
    near.logout(token)
    with near.counted() as counted:
        near.caught_up()
        assert near.verify(token) == 401
        assert introspection.judge(near.core, token) is None
        assert counted() == {"refused": 2}


def test_a_login_that_the_replica_has_not_seen_counts_at_once(near: Nearby, standby: Standby):
    near.caught_up()
    with stalled(standby), near.counted() as counted:
        assert near.verify(near.login()) == 204
        assert counted() == {"refused": 1}


def test_a_yes_is_at_most_as_old_as_the_operator_says(near: Nearby, standby: Standby):
    token = near.login()
    near.caught_up()
    with stalled(standby):
        near.logout(token)
        with near.counted() as counted:
            assert near.verify(token) == 204, "the replica cannot know it yet"
            assert counted() == {"yes": 1}
        assert BOUND * 0.75 < near.last_yes(token, near.replica.measure) < BOUND
        near.until(Reason.LAGGING, seconds=1)
        with near.counted() as counted:
            assert near.verify(token) == 401
            assert counted() == {"lagging": 1}
        (lag,) = [
            sample.value
            for family in metrics.REGISTRY.collect()
            for sample in family.samples
            if sample.name == metrics.LAG.name
        ]
        assert lag > 0.9, "a position is known to a sixteenth of the bound"
    near.until(None)


def test_each_connection_is_asked_again_though_nobody_measures(near: Nearby, standby: Standby):
    token = near.login()
    near.caught_up()
    with stalled(standby):
        near.logout(token)
        assert near.last_yes(token, lambda: None) < BOUND
        # The last read may have been given up at the bound.
        assert near.replica.reason in (Reason.UNMEASURED, Reason.UNREACHABLE)
        assert near.verify(token) == 401


def test_with_remote_apply_no_yes_is_ever_stale(start: Callable[..., Nearby], postgresql_server):
    postgresql_server("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
    try:
        near = start(commit="remote_apply")
        near.caught_up()
        with near.counted() as counted:
            for _ in range(200):
                token = near.login()
                assert near.verify(token) == 204
                near.logout(token)
                assert near.verify(token) == 401
                near.replica.measure()
            assert counted() == {"yes": 200, "refused": 200}
    finally:
        postgresql_server("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


def test_a_replica_that_was_cut_off_is_fresh_while_the_primary_commits_nothing(
    near: Nearby, standby: Standby
):
    token = near.login()
    near.caught_up()
    with cut_off(standby):
        since = time.monotonic()
        near.until(None)
        assert near.replica.pool.fresh_at > since
        with near.counted() as counted:
            assert near.verify(token) == 204
            assert counted() == {"yes": 1}
        near.logout(token)
        assert BOUND * 0.75 < near.last_yes(token, near.replica.measure) < BOUND
        near.until(Reason.LAGGING, seconds=1)
        assert near.verify(token) == 401
    near.until(None)


def test_what_the_primary_acknowledges_before_it_is_on_disk_bounds_nothing(
    start: Callable[..., Nearby],
):
    near = start(commit="off")
    near.until(Reason.ASYNCHRONOUS)
    token = near.login()
    with near.counted() as counted:
        assert near.verify(token) == 204
        assert counted() == {"asynchronous": 1}


def test_a_primary_is_no_replica(start: Callable[..., Nearby], postgresql_url: str):
    near = start(replica=postgresql_url)
    token = near.login()
    preflight(near.core)
    assert near.replica.measure() is Reason.PRIMARY
    with near.counted() as counted:
        assert near.verify(token) == 204
        assert counted() == {"primary": 1}


def test_a_standby_of_another_database_is_no_replica(
    start: Callable[..., Nearby], standby: Standby
):
    near = start(replica=in_database(standby.url, "template_watchword"))
    near.until(Reason.ANOTHER_PRIMARY)


def test_a_standby_that_follows_the_old_primary_is_passed_over(near: Nearby, standby: Standby):
    """Its log is another one since the failover, however far it is in it."""
    near.caught_up()
    with stalled(standby):
        # What the new primary would have that the old one's standby can never get.
        run(near.primary, "UPDATE leases SET holder = '00000001 new' WHERE name = 'timeline'")
        near.until(Reason.ANOTHER_PRIMARY, seconds=2)


def test_a_new_timeline_gets_a_mark_of_its_own_once(near: Nearby):
    mark = "SELECT holder FROM leases WHERE name = 'timeline'"
    near.caught_up()
    first = run(near.primary, mark)
    near.replica.measure()
    assert run(near.primary, mark) == first
    run(near.primary, "UPDATE leases SET holder = '00000000 old' WHERE name = 'timeline'")
    near.replica.measure()
    second = run(near.primary, mark)
    assert second[0][0].startswith("00000001 ")
    assert second != first
    near.caught_up()


def test_a_server_of_another_cluster_is_refused_at_start(near: Nearby, monkeypatch):
    near.caught_up()
    with pytest.raises(PassedOver) as passed_over:
        near.replica.positions.replayed(True, 1, 2**60, "")
    assert passed_over.value.reason is Reason.ANOTHER_CLUSTER
    monkeypatch.setattr("app.store.replica.Replica.measure", lambda _: Reason.ANOTHER_CLUSTER)
    with pytest.raises(StartRefused, match="WATCHWORD_REPLICA_URL: this server is no replica"):
        preflight(near.core)


def test_a_replica_that_is_gone_is_no_reason_not_to_serve(start: Callable[..., Nearby], tmp_path):
    near = start(replica=f"postgresql://postgres@/x?host={tmp_path}")
    preflight(near.core)
    assert near.replica.reason is Reason.UNREACHABLE
    assert near.client.get("/readyz").status_code == 200
    assert near.verify(near.login()) == 204


def test_connections_that_break_cost_one_request_a_second_question(near: Nearby, standby: Standby):
    token = near.login()
    near.caught_up()
    run(
        standby.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{make_url(near.primary).database}'",
    )
    with near.counted() as counted:
        assert [near.verify(token) for _ in range(3)] == [204] * 3
        assert counted() == {"failed": 1, "unreachable": 2}
    near.until(None)


def test_where_the_primary_cannot_be_asked_a_yes_ends_with_the_bound(near: Nearby, monkeypatch):
    token = near.login()
    near.caught_up()

    def gone(_connections: object) -> None:
        raise StoreUnavailable("OperationalError")

    monkeypatch.setattr(near.core.store, "read", lambda *_a, **_k: gone(None))
    assert near.verify(token) == 204
    near.until(Reason.UNMEASURED, seconds=2)
    assert near.verify(token) == 503


def test_what_writes_is_verified_at_the_primary(near: Nearby, standby: Standby):
    token = near.login()
    near.caught_up()
    with stalled(standby):
        near.logout(token)
        assert near.verify(token) == 204
        with pytest.raises(Refused) as refused:
            sessions.verify(near.core, token)
        assert refused.value.refusal is Refusal.SESSION_ENDED


def test_a_statement_of_a_trace_says_which_database_was_asked_and_no_address(near: Nearby):
    exporter = InMemorySpanExporter()
    token = near.login()
    running = traces.start(near.app, SimpleSpanProcessor(exporter))
    try:
        near.caught_up()
        assert near.verify(token) == 204
        near.logout(token)
        near.caught_up()
        assert near.verify(token) == 401
    finally:
        running.stop()
    spans = exporter.get_finished_spans()
    asked = [
        (attributes["db.system.name"], attributes["watchword.database"])
        for attributes in (span.attributes or {} for span in spans)
        if "db.query.text" in attributes
    ]
    yes, then_no = (
        [("postgresql", "replica")],
        [("postgresql", "replica"), ("postgresql", "primary")],
    )
    assert asked == yes + then_no, "what measures the replica is not traced"
    text = "".join(span.to_json() for span in spans)
    hidden = [token, near.user.username, *map(str, make_url(near.at).query.values())]
    assert [it for it in (*hidden, str(make_url(near.at).database)) if it in text] == []
