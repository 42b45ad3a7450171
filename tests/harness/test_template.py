"""The database that worlds begin with is the one that the migrations make."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from harness.plane import template

# Statements, and what each must answer alike. The tests' own file has signing keys already.
ALIKE = [
    "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
    "SELECT version_num FROM alembic_version",
    *(f"PRAGMA {name}" for name in ("journal_mode", "page_size", "auto_vacuum", "user_version")),
]


@pytest.mark.parametrize("statement", ALIKE)
def test_it_is_what_the_migrations_make(sqlite_template: Path, tmp_path: Path, statement):
    built = template.build(tmp_path / "built.sqlite3")
    found = []
    for path in (built, sqlite_template):
        with closing(sqlite3.connect(path)) as database:
            found.append(database.execute(statement).fetchall())
    assert found[0], statement
    assert found[0] == found[1], "after a new migration: make docs"


def test_it_has_no_rows_but_the_revision(tmp_path: Path):
    built = template.build(tmp_path / "built.sqlite3")
    with closing(sqlite3.connect(built)) as database:
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        full = [
            name
            for (name,) in named
            if database.execute(f"SELECT count(*) FROM {name}").fetchone() != (0,)
        ]
    assert full == ["alembic_version"]
