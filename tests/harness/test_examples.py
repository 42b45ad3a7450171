"""The examples are run as they are printed, with the command and the plugin of the installed wheel."""

import os
import re
import shutil
from pathlib import Path

import pytest

from config import ROOT

from .installed import Installed, run

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- the block ends here ---"


def path_of(installed: Installed) -> str:
    return f"{installed.home / 'bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of an example, copied: a run leaves files there."""
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / "project"))


@pytest.mark.parametrize("example", ["pytest"], indirect=True)
def test_the_tests_with_pytest_pass(installed, example):
    done = run([str(installed.python), "-m", "pytest", "-q"], example)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("example", ["node"], indirect=True)
def test_the_tests_with_node_pass(installed, example, node):
    done = run([node, "--test"], example, PATH=path_of(installed))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert re.search(r"\bpass 2$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("example", ["node"], indirect=True)
def test_the_tests_with_node_use_a_harness_that_runs(installed, example, node, worlds):
    done = run([node, "--test"], example, WATCHWORD_URL=worlds.base)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shell_lines_for_other_languages_answer_as_printed(installed, tmp_path):
    blocks = _BLOCK.findall((EXAMPLES / "dotnet-or-java.md").read_text())
    script, printed = ["set -euo pipefail"], []
    for language, text in blocks:
        if language == "sh":
            script += [text, f"echo; echo '{MARK}'"]
            printed.append("")
        else:
            printed[-1] = text
    done = run(["bash", "-c", "\n".join(script)], tmp_path, PATH=path_of(installed))
    assert done.returncode == 0, done.stdout + done.stderr
    said = [block.strip() for block in done.stdout.split(MARK)[:-1]]
    assert len(said) == len(printed) > 10
    for answer, expected in zip(said, printed, strict=True):
        assert matches(answer, expected.strip()), f"{expected}\nis printed, but it was\n{answer}"


def matches(answer: str, expected: str) -> bool:
    """Whether it is that answer, where ``…`` is anything."""
    pattern = ".+?".join(re.escape(part) for part in expected.split("…"))
    return re.fullmatch(pattern, answer, re.DOTALL) is not None
