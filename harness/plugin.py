"""The pytest plugin: the fixture ``watchword`` is a world of a test's own, gone afterwards."""

import json
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .client import Json, Watchword
from .process import Harness

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
    if url:
        yield Watchword(url)
        return
    seed = request.config.getini("watchword_seed")
    with Harness(seed=request.config.rootpath / seed if seed else None) as watchword:
        yield watchword


@pytest.fixture
def watchword(request: pytest.FixtureRequest, watchword_server: Watchword) -> Iterator[Watchword]:
    """A world of the test's own: ``url`` for its client, and ``clock``, ``faults``, ``journal`` …

    ``@pytest.mark.watchword(seed=…, now=…, frozen=…)`` says what it begins with.
    """
    mark = request.node.get_closest_marker("watchword")
    wanted = dict(mark.kwargs) if mark else {}
    unknown = sorted(wanted.keys() - _MARKS)
    if unknown or (mark and mark.args):
        pytest.fail(f"pytest.mark.watchword knows {', '.join(sorted(_MARKS))}, by name")
    if "seed" in wanted:
        wanted["seed"] = _document(wanted["seed"], request.config.rootpath)
    world = watchword_server.world(**wanted)
    request.node.stash[_world] = world
    try:
        yield world
    finally:
        world.close()


def _document(seed: Mapping[str, Any] | str | Path, root: Path) -> Mapping[str, Any]:
    """A seed document, or the file that holds one, from the root of the tests."""
    if isinstance(seed, Mapping):
        return seed
    path = root / seed
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() in (".yaml", ".yml"):
        import yaml

        document: Json = yaml.safe_load(text)
        return document
    found: Json = json.loads(text)
    return found


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
        except OSError as error:
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
