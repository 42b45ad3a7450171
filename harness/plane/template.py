"""The empty database that every world begins with: the migrations, carried out once and kept as SQL.

To carry them out at each start would take a fifth of it. ``make docs`` writes ``template.sql`` after a new
migration, and a test compares it with what the migrations make.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

SCRIPT = Path(__file__).with_name("template.sql")


def build(path: Path) -> Path:
    """Make the database, in WAL mode as the service keeps it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(SCRIPT.read_text())
    return path
