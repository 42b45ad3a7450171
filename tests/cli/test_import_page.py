"""docs/import.md: each command of the page is run as printed, with the file of its format."""

import re
import shlex

import pytest

from config import ROOT
from tests.core.importing.samples import HASH_CONFIG, SAMPLES

PAGE = (ROOT / "docs" / "import.md").read_text()
COMMANDS = [
    line.strip().removeprefix(".venv/bin/flask --app wsgi ")
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
NAMES = {
    "csv": "users.csv",
    "jsonl": "users.jsonl",
    "seed": "seed.json",
    "dumpdata": "dump.json",
    "keycloak": "realm.json",
    "auth0": "auth0.json",
    "firebase": "firebase.json",
    "ldif": "users.ldif",
    "htpasswd": "htpasswd",
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    for sample in SAMPLES:
        (tmp_path / NAMES[sample.format]).write_text(sample.text)
    (tmp_path / "hash_config.txt").write_text(HASH_CONFIG)
    (tmp_path / "pepper.txt").write_text("a pepper\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_does_what_it_says(done, files, command: str):
    told = done(*shlex.split(command.partition(" > ")[0]))
    verb = command.split(maxsplit=1)[0]
    assert verb in {"import", "export", "users"}
    assert verb != "import" or ", 0 rejected" in told.splitlines()[0]


def test_every_format_has_its_command():
    assert all(f"import {name}" in PAGE for name in NAMES.values())
