"""The wheel in an environment and a project of somebody else: its commands, and what it puts there."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import requests

from app.version import VERSION
from harness.plane.operations.page import ASSETS
from tests.conftest import TEST_SECRET

from .installed import READ_ONLY, environment, run

pytestmark = pytest.mark.slow

PRODUCTION = {"WATCHWORD_SECRET_KEYS": TEST_SECRET}
TOUCHY = 'raise RuntimeError("a module of the project was imported")\n'
THEIR_TESTS = """
import os
from pathlib import Path

import pytest
import requests
from app import OWN


def log_in(watchword):
    sample = {"username": "nessa", "password": "demonstration-of-aaa"}
    return requests.post(f"{watchword.url}/api/common/1.0/login", json=sample, timeout=5)


def test_a_login(watchword):
    assert (OWN, log_in(watchword).status_code) == ("the project's", 200)


@pytest.mark.parametrize("number", range(4))
def test_a_world_of_its_own(watchword, watchword_server, number):
    assert watchword.journal.entries() == []
    log_in(watchword)
    assert watchword.journal.count() == 1
    Path(f"{os.environ['PYTEST_XDIST_WORKER']}-{watchword_server.url[-5:]}").touch()
"""


@pytest.fixture
def touchy(tmp_path: Path) -> Path:
    """A project whose modules have the names of the service's; none may run."""
    (tmp_path / "app").mkdir()
    for name in ("app/__init__.py", "config.py", "wsgi.py", "conftest.py"):
        (tmp_path / name).write_text(TOUCHY)
    return tmp_path


def test_only_watchword_can_be_imported_from_the_wheel(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        everything = archive.namelist()
    assert tops == {"watchword", f"watchword-{VERSION}.dist-info"}
    assert "watchword/py.typed" in everything
    page = {f"watchword/plane/static/{name}" for name in (*ASSETS, "page.html")}
    assert page <= set(everything), "the page for people"
    console = "watchword/_service/app/console"
    assert {f"{console}/templates/base.html", f"{console}/static/htmx.min.js"} <= set(everything)
    assert not [name for name in everything if "__pycache__" in name or "/tests/" in name]


def test_importing_watchword_offers_none_of_the_services_names(installed, tmp_path):
    names = ["app", "config", "wsgi", "migrations"]
    script = (
        "import watchword, watchword.plugin, watchword.command, importlib.util as util\n"
        f"print([name for name in {names} if not util.find_spec(name)])"
    )
    done = run([str(installed.python), "-c", script], tmp_path)
    assert done.stdout == f"{names}\n", done.stderr


@pytest.mark.parametrize("project", ["touchy", READ_ONLY])
def test_the_version_is_that_of_the_service(installed, request, project):
    directory = request.getfixturevalue(project) if project == "touchy" else project
    assert installed.run("version", directory=directory).stdout == f"watchword {VERSION}\n"


@pytest.mark.parametrize("project", ["touchy", READ_ONLY])
def test_the_harness_starts_in_any_directory(installed, request, project):
    directory = request.getfixturevalue(project) if project == "touchy" else project
    with subprocess.Popen(
        installed.command("harness"),
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as harness:
        assert harness.stdout is not None
        url = re.search(r'"url": "([^"]+)"', harness.stdout.readline())
        assert url is not None
        assert requests.get(f"{url[1]}/healthz", timeout=5).status_code == 200
        harness.terminate()
    assert harness.returncode == 0


def test_the_operators_commands_work_on_a_database_in_the_working_directory(installed, touchy):
    assert installed.run("flask", "db", "upgrade", directory=touchy, **PRODUCTION).returncode == 0
    listed = installed.run("flask", "users", "list", directory=touchy, **PRODUCTION)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert (touchy / "instance" / "watchword.sqlite3").is_file()
    assert (touchy / "instance").stat().st_mode & 0o777 == 0o700


def test_serve_is_the_production_service(installed, touchy, sqlite_template):
    (touchy / "instance").mkdir()
    shutil.copy(sqlite_template, touchy / "instance" / "watchword.sqlite3")
    with subprocess.Popen(
        installed.command("serve", "--bind", "127.0.0.1:0"),
        cwd=touchy,
        env=environment(**PRODUCTION, WEB_CONCURRENCY="1"),
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        listening = next(filter(None, (re.search(r"http://\S+", line) for line in server.stderr)))
        answer = requests.get(f"{listening[0]}/readyz", timeout=5)
        server.terminate()
        server.communicate(timeout=20)
    assert answer.status_code == 200
    assert "X-Watchword-Harness" not in answer.headers


def test_where_nothing_may_be_written_the_operator_is_told_so(installed):
    done = installed.run("flask", "db", "upgrade", directory=READ_ONLY, **PRODUCTION)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "the database cannot be used" in done.stderr


def test_a_project_with_its_own_app_tests_its_client_in_two_processes_of_xdist(installed, tmp_path):
    """Each has a server, and each test a world. In one process the examples' tests do it."""
    project = tmp_path / "project"
    (project / "app").mkdir(parents=True)
    (project / "app" / "__init__.py").write_text('OWN = "the project\'s"\n')
    (project / "conftest.py").write_text("import app\n")
    (project / "test_client.py").write_text(THEIR_TESTS)
    for name in ("config.py", "wsgi.py"):
        (project / name).write_text(TOUCHY)
    done = run([str(installed.python), "-m", "pytest", "-q", "-n2", "--dist=each"], project)
    assert "10 passed" in done.stdout, done.stdout + done.stderr
    servers = [path.name.split("-") for path in project.glob("gw*")]
    assert {worker for worker, _ in servers} == {"gw0", "gw1"}
    assert len({port for _, port in servers}) == 2
