"""A database that takes its time holds up the requests that need it, and no others."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.conftest import _postgresql_database
from tests.e2e.conftest import Server, serving

pytestmark = pytest.mark.e2e

# On each of the two workers, more than one.
ASKING = 8


@pytest.fixture(scope="module")
def server(postgresql_server) -> Iterator[Server]:
    for url in _postgresql_database(postgresql_server, "template_watchword"):
        with serving(url) as running:
            yield running


def test_a_locked_table_holds_up_only_who_asks_for_its_rows(server: Server):
    with (
        server.core.engine.begin() as holder,
        ThreadPoolExecutor(ASKING) as pool,
    ):
        holder.execute(text("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"))
        held_up = [
            pool.submit(server.ask, "GET", "/verify", token=str(uuid.uuid4()))
            for _ in range(ASKING)
        ]
        time.sleep(0.3)
        for _ in range(10):
            started = time.monotonic()
            assert server.ask("GET", "/healthz", headers={}).status == 200
            assert time.monotonic() - started < 0.5
        assert not any(answer.done() for answer in held_up)
        assert [answer.result().status for answer in held_up] == [503] * ASKING
    assert server.ask("GET", "/verify", token=str(uuid.uuid4())).status == 401
