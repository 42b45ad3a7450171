"""``clock.share()``: the clock of the test moves with the world's, by either of two libraries."""

import pytest

from harness.plane.worlds import Worlds
from tests.harness.projects import Project

pytestmark = pytest.mark.slow

# The library that is named is the only one that the plugin finds.
CONFTEST = """
from harness import shared_clock

shared_clock.find_spec = lambda name: name == {library!r} or None
"""
TESTS = """
from datetime import UTC, datetime

START = 1_767_225_600.0
pytestmark = pytest.mark.watchword(now=START, frozen=True)


def times():
    return time.time(), datetime.now(UTC).timestamp()


def test_the_tests_own_clock_moves_with_the_worlds(watchword):
    watchword.clock.share()
    watchword.clock.share()
    assert times() == (START, START)
    watchword.clock.tick(hours=1)
    assert times() == (START + 3_600, START + 3_600)
    watchword.clock.move_to(START, rewind=True)
    assert times() == (START, START)


def test_the_next_test_has_its_own_clock_again(watchword):
    assert time.time() > START + 3_600


def test_a_thawed_clock_runs_in_both(watchword):
    watchword.clock.share()
    watchword.clock.thaw()
    assert abs(time.time() - watchword.clock.now().timestamp()) < 0.5
    watchword.clock.freeze()
    assert time.time() == watchword.clock.now().timestamp()


def test_a_restored_snapshot_turns_both(watchword):
    watchword.clock.share()
    watchword.snapshot("before")
    watchword.clock.tick(days=1)
    watchword.restore("before")
    assert times() == (START, START)
    watchword.clock.unshare()
    assert time.time() > START + 3_600
"""


@pytest.mark.parametrize("library", ["time_machine", "freezegun"])
def test_the_clock_of_the_test_moves_with_the_worlds_and_is_given_back(
    project: Project, worlds: Worlds, library
):
    project.write("conftest.py", CONFTEST.format(library=library))
    said = project.pytest(TESTS, f"--watchword-url={worlds.base}")
    assert "4 passed" in said, said


def test_without_a_library_it_says_what_to_install(project: Project, worlds: Worlds):
    project.write("conftest.py", CONFTEST.format(library="none"))
    said = project.pytest(
        "def test_it(watchword):\n    watchword.clock.share()\n", f"--watchword-url={worlds.base}"
    )
    assert "needs time-machine or freezegun: install one of them" in said, said
