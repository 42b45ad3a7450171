"""Behind a real PgBouncer: it works, or is refused at start with the reason."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url
from werkzeug.test import TestResponse

from app import create_app
from app.core.upkeep import preflight
from chaos.ports import free_port
from deploy.machines import KEEPS_STATEMENTS, pgbouncer_version
from tests.conftest import settings_for
from tests.factories import Identities, Somebody, at_once
from tests.waiting import listens, wait_until

pytestmark = pytest.mark.e2e

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
if PGBOUNCER is None and os.environ.get("CI"):
    pytest.fail("pgbouncer is not installed: apt install pgbouncer", pytrace=False)
if PGBOUNCER is None:
    pytest.skip("pgbouncer is not installed: apt install pgbouncer", allow_module_level=True)

CONFIGURATION = """
[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
{more}
"""
IGNORED = "ignore_startup_parameters = options"


@contextmanager
def pgbouncer(url: str, user: str | None, pool_mode: str, more: str) -> Iterator[str]:
    """The URL of the same database behind PgBouncer, which does not run as root."""
    home = Path(tempfile.mkdtemp(prefix="watchword-pgbouncer-"))
    home.chmod(0o755)
    port = free_port()
    file = home / "pgbouncer.ini"
    host = make_url(url).query["host"]
    file.write_text(CONFIGURATION.format(host=host, port=port, pool_mode=pool_mode, more=more))
    file.chmod(0o644)
    process = subprocess.Popen(
        [str(PGBOUNCER), "-q", file], user=user, cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: listens(port), process=process)
        behind = make_url(url).set(host="127.0.0.1", port=port, query={})
        yield behind.render_as_string(hide_password=False)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home)


@pytest.fixture
def behind(postgresql_server, postgresql_url: str, monkeypatch) -> Iterator[Callable]:
    """A function to an application behind PgBouncer, by ``pool_mode`` and more of its settings."""
    with ExitStack() as stack:

        def start(pool_mode: str, more: str):
            url = stack.enter_context(
                pgbouncer(postgresql_url, postgresql_server.user, pool_mode, more)
            )
            app = create_app(settings_for(url, monkeypatch))
            stack.callback(_close, app)
            return app

        yield start


def _close(app) -> None:
    app.extensions["watchword"].core.close()


def bearer_of(answer: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


@pytest.fixture(params=["session", "transaction"])
def served(request: pytest.FixtureRequest, behind) -> Flask:
    """An application behind either pool. That of transactions has two connections for all threads."""
    if request.param == "session":
        return behind("session", IGNORED)
    if pgbouncer_version(PGBOUNCER) < KEEPS_STATEMENTS:
        pytest.skip("this PgBouncer loses prepared statements where it pools transactions")
    return behind("transaction", f"{IGNORED}\nmax_prepared_statements = 100\ndefault_pool_size = 2")


def test_sessions_live_and_end_behind_either_pool(served: Flask):
    core = served.extensions["watchword"].core
    preflight.preflight(core)
    assert served.test_client().get("/readyz").status_code == 200
    Identities(core).client("koms-web")
    headers = {"x-koms-clientid": "koms-web"}

    def log_in(user: Somebody) -> TestResponse:
        body = {"account_type": "traditional", "email": user.email, "password": user.password}
        return served.test_client().post("/session", json=body, headers=headers)

    # One after another: one address has half of the slots for hashing.
    logins = [log_in(Identities(core).add(f"user{number}")) for number in range(6)]

    def live(number: int) -> list[int]:
        client, answer = served.test_client(), logins[number]
        statuses = [answer.status_code]
        for _ in range(5):
            refresh, bearer = {"refresh_token": answer.json["refresh_token"]}, bearer_of(answer)
            answer = client.put("/session", json=refresh, headers=headers | bearer)
            bearer = bearer_of(answer)
            statuses += [answer.status_code, client.get("/verify", headers=bearer).status_code]
        ended = client.delete("/session", json={}, headers=headers | bearer).status_code
        return [*statuses, ended, client.get("/verify", headers=bearer).status_code]

    found = at_once(core, len(logins), live)
    assert found == [[200, *[200, 204] * 5, 204, 401]] * len(logins)


@pytest.mark.parametrize(
    ("pool_mode", "more", "reason"),
    [
        ("transaction", IGNORED, "PgBouncer 1.22 or newer with max_prepared_statements"),
        ("session", "", "ignore_startup_parameters = options"),
    ],
)
def test_what_would_lose_statements_or_options_is_refused_and_never_ready(
    behind, pool_mode: str, more: str, reason: str
):
    if pgbouncer_version(PGBOUNCER) >= (1, 20) and pool_mode == "session":
        pytest.skip("this PgBouncer reads options")
    if pgbouncer_version(PGBOUNCER) >= KEEPS_STATEMENTS:
        more += "\nmax_prepared_statements = 0"
    app = behind(pool_mode, more)
    with pytest.raises(preflight.StartRefused, match=reason):
        preflight.preflight(app.extensions["watchword"].core)
    assert app.test_client().get("/readyz").status_code == 503
