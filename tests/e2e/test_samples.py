"""Every sample of README.md and of the dialects' pages, run as it is printed, on what `make run` serves."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import create_app
from config import ROOT
from tests.conftest import settings_for

from .conftest import Server, serving

pytestmark = pytest.mark.e2e

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "dialects").glob("*.md"))]
DEMO = ROOT / "app" / "cli" / "demo.json"
PRINTED = re.compile(r"(?:localhost|127\.0\.0\.1):8000")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs each time: a token, an id, a time; it may be cut with "…". The form stays what is printed.
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
VALUE = re.compile(r"(?=[^\s\"]*[0-9])[A-Za-z0-9_.~+/=-]{9,}…?")
FORMS = [UUID, r"[0-9a-f]{64}", r"[0-9a-f]{32}", r"[0-9a-f]{16}", r"[0-9]{10}", r"[\w.~+/=-]+"]


@pytest.fixture(scope="module")
def demo(sqlite_template: Path, tmp_path_factory) -> Iterator[Server]:
    """What `make run` serves, on another port."""
    if shutil.which("curl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("curl is not installed")
        pytest.skip("curl is not installed")
    path = tmp_path_factory.mktemp("demo") / "watchword.sqlite3"
    shutil.copy(sqlite_template, path)
    with pytest.MonkeyPatch.context() as patch:
        app = create_app(settings_for(f"sqlite:///{path}", patch, env="development"))
        done = app.test_cli_runner().invoke(args=["seed", str(DEMO)])
        assert done.exit_code == 0, done.output
    with serving(f"sqlite:///{path}", client=None, env="development", console="on") as running:
        yield running


def samples(page: Path) -> list[tuple[str, str]]:
    """Commands of curl, each with the answer that is printed under it; "" if none is."""
    found: list[tuple[str, str]] = []
    for language, text in BLOCK.findall(page.read_text()):
        if language == "console":
            for part in text.split("$ ")[1:]:
                command, answer = re.fullmatch(
                    r"((?:[^\n]*\\\n)*[^\n]*\n)(.*)", part, re.DOTALL
                ).groups()
                found.append((command, answer.strip()))
        elif language == "sh" and text.startswith("curl "):
            found.append((text, ""))
        elif found and not found[-1][1] and language in ("", "json", "xml"):
            found[-1] = (found[-1][0], text.strip())
    return found


def pattern(line: str) -> tuple[re.Pattern[str], list[str]]:
    """A printed line as a pattern, in which each value is a group of its form; and those values."""
    values: list[str] = VALUE.findall(line)
    between = [re.escape(part) for part in VALUE.split(line)]
    groups = [
        next(f"({form})" for form in FORMS if re.fullmatch(form, value.rstrip("…")))
        if not value.endswith("…")
        else f"({FORMS[-1]})"
        for value in values
    ]
    woven = [text for pair in zip(between, [*groups, ""], strict=True) for text in pair]
    return re.compile("".join(woven)), values


def curl(command: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command.replace("curl ", "curl -sS ", 1)],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_samples_of_a_page_answer_as_printed(demo: Server, page: Path):
    known: dict[str, str] = {}
    found = samples(page)
    assert len(found) >= 3
    for printed, expected in found:
        command = PRINTED.sub(f"127.0.0.1:{demo.port}", printed)
        for value, real in known.items():
            command = command.replace(value, real)
        answer = curl(command).replace("\r", "")
        lines = iter(answer.splitlines())
        for line in expected.splitlines():
            shape, values = pattern(line)
            match = next(filter(None, (shape.fullmatch(given) for given in lines)), None)
            assert match, f"{printed}\nprints\n{line}\nand answered\n{answer}"
            known.update(zip(values, match.groups(), strict=True))


def test_the_start_says_where_to_look_what_to_try_who_may_log_in_and_how_to_stop(demo: Server):
    lines = demo.log().splitlines()
    names = ("Console", "Documentation", "Try it", "Who may log in", "To stop")
    said = [line.split("  ") for line in lines if line.startswith(names)]
    [console, documentation, attempt, people, stop] = [text[-1].strip() for text in said]
    assert console == f"http://127.0.0.1:{demo.port}/console, as admin (demonstration-of-admin)"
    assert "Log in" in demo.ask("GET", "/console").text
    assert documentation == f"http://127.0.0.1:{demo.port}/docs"
    assert '"errorCode":""' in curl(attempt)
    assert "nessa (demonstration-of-aaa)" in people
    assert stop == "Ctrl-C"
