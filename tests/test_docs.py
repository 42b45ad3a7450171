"""What the documentation repeats of the code is written by ``make docs``, and is up to date."""

import difflib
import re
from functools import cache

import click
import pytest

from app.cli import COMMANDS
from app.dialects import all_dialects
from app.settings.source import MAY_BE_FILES
from config import ROOT, all_settings
from docs.generate import pages
from docs.marked import replaced
from tests.cases import each

PAGES = pages()
PAGE_PATHS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_says_what_the_code_says(path):
    committed, generated = path.read_text().splitlines(), PAGES[path].splitlines()
    different = difflib.unified_diff(committed, generated, "committed", "generated", "", "", 0, "")
    lines = list(different)
    name = path.relative_to(ROOT)
    assert not lines, "\n".join([f"{name} differs from the code: run `make docs`", *lines])


def test_every_setting_command_option_and_error_says_what_it_means():
    silent = [s.variable for s in all_settings() if not s.meaning]
    for dialect in all_dialects():
        silent += [
            f"{dialect.name}: {name}" for name, row in dialect.errors.items() if not row.when
        ]
    members = {
        (group.name, *names): command
        for group in COMMANDS
        for names, command in [
            ((), group),
            *(((n,), c) for n, c in getattr(group, "commands", {}).items()),
        ]
    }
    for names, command in members.items():
        options = [found for found in command.params if isinstance(found, click.Option)]
        silent += [" ".join(names)] if not command.help else []
        silent += [f"{' '.join(names)} {o.name}" for o in options if not o.help]
    assert silent == []


@each("path", PAGE_PATHS)
def test_a_page_names_no_setting_that_does_not_exist(path):
    known = {setting.variable for setting in all_settings()}
    known |= {f"{name}_FILE" for name in MAY_BE_FILES}
    assert set(re.findall(r"WATCHWORD_[A-Z0-9_]+", path.read_text())) <= known


@each("path", PAGE_PATHS)
def test_a_page_names_no_module_that_does_not_exist(path):
    modules = all_modules()
    named = set(re.findall(r"`([\w./-]+\.py)`", path.read_text()))
    assert [
        name for name in named if not any(known.endswith(f"/{name}") for known in modules)
    ] == []


@cache
def all_modules() -> list[str]:
    found = [*ROOT.glob("[a-z]*/**/*.py"), *ROOT.glob("*.py")]
    return [f"/{module.relative_to(ROOT).as_posix()}" for module in found]


def test_a_page_without_the_part_that_is_written_is_an_error():
    with pytest.raises(ValueError, match="no part between <!-- settings -->"):
        replaced("# A page", "settings", "text")


def test_only_the_part_between_its_marks_is_replaced():
    page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n"
    assert replaced(page, "a", "new") == "before\n<!-- a -->\nnew\n<!-- /a -->\nafter\n"
