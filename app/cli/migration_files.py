"""The files that ``flask db`` reads and writes: migrations in one line, each with the next number.

Every migration is named ``NNNN_what_it_does.py``, and a database is at one of them.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import g

# By an absolute path: the commands run in any working directory.
DIRECTORY = str(Path(__file__).resolve().parents[2] / "migrations")

Callback = Callable[..., Any]

ONE_LINE = "the migrations are one line: nothing branches off, and nothing is merged"
NO_MESSAGE = "say with -m what the migration does: it is a part of the file's name"


def folder(options: dict[str, Any]) -> Path:
    return Path(options["directory"] or g.directory or DIRECTORY)


def _found(run: Callback) -> Callback:
    """Refuse a folder of ``-d`` that has no migrations, where Alembic would end with a traceback."""

    @wraps(run)
    def found(*args: Any, **options: Any) -> None:
        where = folder(options)
        if not (where / "env.py").is_file():
            raise click.ClickException(f"there are no migrations in {where}: it has no env.py")
        run(*args, **options)

    return found


def _numbered(run: Callback) -> Callback:
    """Give a new migration the next number, and refuse any other place for it before a file is written."""

    @wraps(run)
    def numbered(*args: Any, **options: Any) -> None:
        if options["head"] != "head" or options["splice"] or options["branch_label"]:
            raise click.ClickException(ONE_LINE)
        if not options["message"]:
            raise click.ClickException(NO_MESSAGE)
        written = (folder(options) / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")
        number = f"{max((int(path.name[:4]) for path in written), default=0) + 1:04}"
        if options["rev_id"] not in (None, number):
            raise click.ClickException(f"the next migration is {number}")
        run(*args, **options | {"rev_id": number})

    return numbered


def _unmerged(run: Callback) -> Callback:
    @wraps(run)
    def unmerged(*_args: Any, **_options: Any) -> None:
        raise click.ClickException(ONE_LINE)

    return unmerged


WRITES: dict[str, Callable[[Callback], Callback]] = {
    "merge": _unmerged,
    "migrate": _numbered,
    "revision": _numbered,
}
READ = ("branches", "check", "current", "edit", "heads", "history", "show")
APPLIED = ("downgrade", "stamp", "upgrade")
READS: dict[str, Callable[[Callback], Callback]] = dict.fromkeys((*READ, *APPLIED, *WRITES), _found)
