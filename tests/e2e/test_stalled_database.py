"""A slow database delays the requests that need it, and no others."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from config import ROOT
from tests.conftest import new_postgresql_database
from tests.e2e.conftest import Server, serving
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

# On each of the two workers, more than one.
ASKING = 8
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


# If the leader answers a slow request, another thread must take over, also outside the usual settings.
IN_PLACE = f"""
exec(open({str(ROOT / "gunicorn.conf.py")!r}).read())
from app.http.may_wait import may_wait
Worker.may_wait = staticmethod(may_wait)
"""


@pytest.fixture(scope="module", params=["pool", "in place"])
def server(request: pytest.FixtureRequest, postgresql_server, tmp_path_factory) -> Iterator[Server]:
    configuration = ROOT / "gunicorn.conf.py"
    if request.param == "in place":
        configuration = tmp_path_factory.mktemp("stalled") / "gunicorn.conf.py"
        configuration.write_text(IN_PLACE)
    for url in new_postgresql_database(postgresql_server, "template_watchword"):
        with serving(url, str(configuration)) as running:
            yield running


def test_a_locked_table_holds_up_only_who_asks_for_its_rows(server: Server):
    with (
        server.core.store.write() as holder,
        ThreadPoolExecutor(ASKING) as pool,
    ):
        holder.execute(text("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"))
        held_up = [
            pool.submit(server.ask, "GET", "/verify", token=str(uuid.uuid4()))
            for _ in range(ASKING)
        ]
        wait_until(lambda: server.core.store.first(WAITING) == (ASKING,))
        for _ in range(10):
            assert server.ask("GET", "/healthz", headers={}).status == 200
        assert not any(answer.done() for answer in held_up)
        assert [answer.result().status for answer in held_up] == [503] * ASKING
    assert server.ask("GET", "/verify", token=str(uuid.uuid4())).status == 401
