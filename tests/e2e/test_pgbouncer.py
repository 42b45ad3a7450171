"""Behind a real PgBouncer: it works, or is refused at start with the reason."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app import create_app
from app.core.upkeep import preflight
from chaos.ports import free_port
from tests.conftest import settings_for
from tests.factories import Identities
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


def test_a_pool_of_sessions_serves(behind):
    app = behind("session", IGNORED)
    core = app.extensions["watchword"].core
    preflight.preflight(core)
    Identities(core).client("koms-web")
    user = Identities(core).add()
    client = app.test_client()
    body = {"account_type": "traditional", "email": user.email, "password": user.password}
    answer = client.post("/session", json=body, headers={"x-koms-clientid": "koms-web"})
    assert answer.status_code == 200
    assert client.get("/readyz").status_code == 200


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
    version = subprocess.run([PGBOUNCER, "--version"], capture_output=True, text=True, check=True)
    if tuple(map(int, version.stdout.split()[1].split(".")))[:2] >= (1, 20):
        pytest.skip("this PgBouncer keeps statements and reads options")
    app = behind(pool_mode, more)
    with pytest.raises(preflight.StartRefused, match=reason):
        preflight.preflight(app.extensions["watchword"].core)
    assert app.test_client().get("/readyz").status_code == 503
