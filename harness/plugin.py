"""The pytest plugin: the fixture ``watchword`` is a world of a test's own, gone afterwards."""

import http.client
import json
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from . import documents
from .client import Watchword
from .control import ControlError, Json
from .process import Harness, NotStarted

# So much of a world's journal is shown of a test that failed.
SHOWN_ENTRIES = 50
_MARKS = frozenset({"seed", "now", "frozen", "port"})
_world = pytest.StashKey[Watchword]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("watchword", "Watchword, the authentication service under test")
    group.addoption(
        "--watchword-url", metavar="URL", help="use the harness that runs there, and start none"
    )
    parser.addini("watchword_seed", "identities of every world: a JSON or YAML file", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "watchword(seed=FILE or dict, now=time, frozen=bool, port=int): what the test's world begins with",
    )


@pytest.fixture(scope="session")
def watchword_server(request: pytest.FixtureRequest) -> Iterator[Watchword]:
    """The default world of the harness that this run uses, one process for each xdist worker."""
    url = request.config.getoption("--watchword-url")
    seed = request.config.getini("watchword_seed")
    path = request.config.rootpath / seed if seed else None
    harness = None if url else Harness(seed=path)
    try:
        server = Watchword(url) if harness is None else harness.start()
    except NotStarted as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    server.close()
    if harness is not None:
        harness.stop()


@pytest.fixture
def watchword(request: pytest.FixtureRequest, watchword_server: Watchword) -> Iterator[Watchword]:
    """A world of the test's own: ``url`` for its client, and ``clock``, ``faults``, ``journal`` …

    ``@pytest.mark.watchword(seed=…, now=…, frozen=…)`` says what it begins with.
    """
    wanted = _wanted(request)
    try:
        world = watchword_server.world(**wanted)
    except ControlError as error:
        pytest.fail(f"no world could be made: {error}", pytrace=False)
    request.node.stash[_world] = world
    yield world
    world.close()


def _wanted(request: pytest.FixtureRequest) -> Json:
    """What the marker says of the test's world; without a seed of its own, that of the ini file."""
    mark = request.node.get_closest_marker("watchword")
    wanted = dict(mark.kwargs) if mark else {}
    if wanted.keys() - _MARKS or (mark and mark.args):
        known = ", ".join(sorted(_MARKS))
        pytest.fail(f"pytest.mark.watchword takes {known}, each by its name", pytrace=False)
    if not request.config.getoption("--watchword-url"):
        seed = wanted.get("seed")
    else:  # that harness has a seed of its own
        seed = wanted.get("seed") or request.config.getini("watchword_seed") or None
    if isinstance(seed, str | Path):
        try:
            seed = documents.read(request.config.rootpath / seed)
        except documents.BadDocument as error:
            pytest.fail(str(error), pytrace=False)
    return {**wanted, "seed": seed}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what its client asked, what it got, and the true reason."""
    report = yield
    world = item.stash.get(_world, None)
    if world is not None and report.when == "call" and report.failed:
        try:
            entries = world.journal.entries()
        except (OSError, http.client.HTTPException, ControlError) as error:
            report.sections.append(("watchword", f"the harness does not answer: {error}"))
        else:
            report.sections.append(("watchword: journal", _told(entries)))
    return report


def _told(entries: list[Json]) -> str:
    left_out = len(entries) - SHOWN_ENTRIES
    lines = [f"({left_out} earlier requests are left out)"] if left_out > 0 else []
    lines += [_line(entry) for entry in entries[-SHOWN_ENTRIES:]]
    return "\n".join(lines) or "nothing was asked"


def _line(entry: Json) -> str:
    parts = [f"#{entry['number']}", entry["method"], entry["path"], "->", str(entry["status"])]
    for name in ("refusal", "user", "session", "fault"):
        if entry[name]:
            parts.append(f"{name}={entry[name]}")
    for name in ("request", "response"):
        if entry[name].get("body"):
            parts.append(f"\n    {name}: {json.dumps(entry[name]['body'])}")
    return " ".join(parts)
