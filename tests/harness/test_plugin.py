"""The pytest plugin, by real runs of pytest on small projects.

Where it is not about the harness's process, a run uses the worlds of this one (``worlds``), and starts none.
Processes of xdist are in ``test_wheel``.
"""

import json
import sys
from pathlib import Path

import psutil
import pytest

from app.settings.settings import Settings
from config import ROOT
from harness.plane.clock import VirtualClock
from harness.plane.worlds import Worlds

from .conftest import served
from .installed import run
from .projects import SEED, Project

pytestmark = pytest.mark.slow


def test_a_marker_says_what_a_world_begins_with(project: Project, worlds: Worlds):
    project.write("seed.yaml", json.dumps(SEED))
    said = project.pytest(
        f"""
@pytest.mark.watchword(seed="seed.json", now="2027-03-28T00:59:50Z", frozen=True)
def test_json(watchword):
    assert log_in(watchword).headers["Date"] == "Sun, 28 Mar 2027 00:59:50 GMT"
    assert watchword.clock.now().isoformat() == "2027-03-28T00:59:50+00:00"

@pytest.mark.watchword(seed="seed.yaml")
def test_yaml(watchword):
    assert log_in(watchword).status_code == 200

@pytest.mark.watchword(seed={SEED})
def test_dict(watchword):
    assert log_in(watchword).status_code == 200

def test_another_world(watchword):
    assert log_in(watchword).status_code == 401

@pytest.mark.watchword(port=0)
def test_a_port(watchword):
    assert watchword.url.count("/") == 2
""",
        f"--watchword-url={worlds.base}",
    )
    assert "5 passed" in said, said


WRONG_MARKERS = {
    "sed='seed.json'": "takes frozen, now, port, seed, each by its name",
    "'seed.json'": "takes frozen, now, port, seed, each by its name",
    "seed='none.json'": "none.json: No such file or directory",
    "seed='pytest.ini'": "pytest.ini: Expecting value",
    "seed={'users': [{'username': 'komi'}]}": "email: is missing",
    "now='tomorrow'": "/now Not a time",
    "frozen='perhaps'": "/frozen",
}


def test_a_wrong_marker_is_a_clear_failure(project: Project, worlds: Worlds):
    said = project.pytest(
        "\n".join(
            f"@pytest.mark.watchword({marker})\n"
            f"def test_{number}(watchword):\n    raise AssertionError\n"
            for number, marker in enumerate(WRONG_MARKERS)
        ),
        f"--watchword-url={worlds.base}",
    )
    assert f"{len(WRONG_MARKERS)} errors" in said, said
    assert "Traceback" not in said
    reports = said.split("ERROR at setup of ")[1:]
    assert len(reports) == len(WRONG_MARKERS)
    for report, reason in zip(reports, WRONG_MARKERS.values(), strict=True):
        assert reason in report, report


@pytest.fixture(scope="module")
def own_harness(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run says that starts a harness, with a seed of the ini file."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.write("pytest.ini", "[pytest]\nwatchword_seed = seed.json\n")
    return project.pytest(
        """
import psutil

def test_it(watchword, watchword_server):
    (child,) = psutil.Process().children()
    (home,) = [file.path for file in child.open_files() if file.path.endswith("/lock")]
    print("child", child.pid, home, "end")
    assert log_in(watchword).status_code == 200
    assert log_in(watchword_server).status_code == 200
""",
        "-s",
    )


def test_the_ini_file_names_the_seed_of_every_world(own_harness: str):
    assert "1 passed" in own_harness, own_harness


def test_nothing_is_left_running_or_lying_about(own_harness: str):
    pid, lock = own_harness.partition("child ")[2].partition(" end")[0].split()
    assert not psutil.pid_exists(int(pid))
    assert not Path(lock).parent.exists()


def test_a_seed_of_the_ini_file_that_is_wrong_fails_once_and_clearly(project: Project):
    project.write("pytest.ini", "[pytest]\nwatchword_seed = none.json\n")
    said = project.pytest("def test_it(watchword):\n    pass\n")
    assert "none.json: No such file or directory" in said, said


def test_a_harness_that_runs_already_is_used(project: Project, settings_of_worlds: Settings):
    running = Worlds(settings_of_worlds, SEED, VirtualClock())
    with served(running):
        url = running.url_of(running.default)
        for ini in ("", "watchword_seed = seed.json"):
            project.write("pytest.ini", f"[pytest]\n{ini}\n")
            said = project.pytest(
                f"def test_it(watchword):\n"
                f"    assert watchword.url.startswith({url!r})\n"
                f"    assert log_in(watchword).status_code == 200\n",
                f"--watchword-url={url}",
            )
            assert "1 passed" in said, said
            assert running.all() == [running.default], "only the default one stays"


def test_a_test_that_fails_shows_the_journal(project: Project, worlds: Worlds):
    said = project.pytest(
        """
@pytest.mark.watchword(seed="seed.json")
def test_it(watchword):
    watchword.faults.add("POST /api/v2/auth/token", nth=2, status=503)
    assert [log_in(watchword, text).status_code for text in ("wrong", "of-the-project")] == []

def test_that_asks_nothing(watchword):
    assert False

def test_that_passes(watchword):
    log_in(watchword)
""",
        f"--watchword-url={worlds.base}",
    )
    assert "watchword: journal" in said
    assert "#1 POST /api/v2/auth/token -> 401 refusal=password_wrong user=komi" in said, said
    assert "#2 POST /api/v2/auth/token -> 503" in said
    assert "fault=#1" in said
    assert 'of-the-project"' not in said.partition("watchword: journal")[2], "no secret is shown"
    assert "nothing was asked" in said
    assert said.count("watchword: journal") == 2


def test_a_harness_that_died_is_said_so(project: Project):
    said = project.pytest(
        """
import signal, psutil

def test_it(watchword):
    for child in psutil.Process().children():
        child.kill(); child.wait()
    assert False
"""
    )
    assert "the harness does not answer" in said, said


def test_an_interrupted_run_leaves_no_process(project: Project):
    done = project.run(
        """
import psutil, signal

def test_it(watchword):
    print("child", psutil.Process().children()[0].pid, "end", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(20)
""",
        "-s",
    )
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout
    assert not psutil.pid_exists(int(done.stdout.partition("child ")[2].partition(" end")[0]))


def test_the_types_of_the_fixture_are_seen_by_mypy(project: Project):
    project.write(
        "typed.py",
        "from harness import Watchword\n\n"
        "def right(watchword: Watchword) -> int:\n"
        '    return watchword.journal.count(operation="PUT /session")\n\n'
        "def wrong(watchword: Watchword) -> str:\n"
        "    return watchword.journal.count()\n",
    )
    # As of an installed package, mypy says nothing of the harness's own modules. They import libraries
    # whose types would take as long again.
    options = ["--strict", "--cache-dir=/dev/null", "--follow-imports=silent", "--no-site-packages"]
    command = [sys.executable, "-m", "mypy", *options, "typed.py"]
    said = run(command, project.home, MYPYPATH=str(ROOT)).stdout
    assert said.count("error:") == 1, said
    assert 'typed.py:7: error: Incompatible return value type (got "int", expected "str")' in said
