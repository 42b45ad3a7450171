"""What ``flask db`` asks before a command of Flask-Migrate runs, and what it says afterwards.

No command makes a database by looking for it, or changes one of another program. Each refusal is one line.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import click
from flask import current_app
from sqlalchemy import text

from ..core.core import Core
from ..core.upkeep import preflight
from .migration_files import DIRECTORY, Callback, folder

Looks = Callable[[dict[str, Any]], bool]

USERS = text("SELECT count(*) FROM users")
NO_SQL = "there is no --sql: the migrations look at the database before they change it"


def _always(_options: dict[str, Any]) -> bool:
    return True


def _from_current(options: dict[str, Any]) -> bool:
    revisions = options.get("revision") or options.get("rev_range") or ""
    return "current" in revisions or bool(options.get("indicate_current"))


# Whether these commands look at the database, by their options.
LOOKS: dict[str, Looks] = {
    "current": _always,
    "edit": _from_current,
    "history": _from_current,
    "migrate": _always,
    "revision": lambda options: bool(options["autogenerate"]),
    "show": _from_current,
}


def _told(run: Callback) -> Callback:
    """Say in one line where the database is after the migrations, and where it was before."""

    @wraps(run)
    def told(*args: Any, **options: Any) -> None:
        _refuse_senseless(options)
        before = _at()
        try:
            run(*args, **options)
        except (Exception, SystemExit):  # the latter is how Flask-Migrate ends after an error
            # Each migration is a transaction of its own, so those before the failed one stay.
            if (after := _at()) != before:
                click.echo(f"the database is at {after} now; it was at {before}", err=True)
            raise
        after = _at()
        if after == before:
            click.echo(f"the database was at {after} already")
        else:
            click.echo(f"the database is at {after} now; it was at {before}")

    return told


def _at() -> str:
    return ", ".join(sorted(preflight.revisions(_core()))) or "no migration"


def _refuse_senseless(options: dict[str, Any]) -> None:
    if options.get("sql"):
        raise click.ClickException(NO_SQL)
    if options.get("revision") == "":
        raise click.ClickException("the revision is empty")


def _begun(looks: Looks, run: Callback) -> Callback:
    """Look at a database only after its first migration: to look at SQLite, Alembic makes a missing file."""

    @wraps(run)
    def begun(*args: Any, **options: Any) -> None:
        _refuse_senseless(options)
        if looks(options) and not preflight.revisions(_core()):
            raise click.ClickException(preflight.what_is_missing(_core()))
        run(*args, **options)

    return begun


def _keeps_users(run: Callback) -> Callback:
    """Refuse to go back to before the first migration before any step is done: its tables have the users."""

    @wraps(run)
    def kept(*args: Any, **options: Any) -> None:
        if _undoes_the_first(options):
            ((users,),) = _core().store.read(USERS)
            if users:
                raise click.ClickException(
                    f"this would delete {users} users: remove the database itself if you mean it"
                )
        run(*args, **options)

    return kept


def _undoes_the_first(options: dict[str, Any]) -> bool:
    """Whether a downgrade ends before the first migration. ``-10`` and ``0001-1`` may, as ``base`` does."""
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError

    scripts = ScriptDirectory(str(folder(options)))
    try:
        return any(
            step.down_revision is None
            for revision in preflight.revisions(_core())
            for step in scripts.iterate_revisions(
                revision, options["revision"], select_for_downgrade=True
            )
        )
    except RevisionError:
        return False  # the command says why


def _asked_first(run: Callback) -> Callback:
    """Name the command that migrates, where that is what is missing."""

    @wraps(run)
    def asked(*args: Any, **options: Any) -> None:
        if not preflight.is_migrated(_core(), DIRECTORY):
            raise click.ClickException(preflight.what_is_missing(_core()))
        run(*args, **options)

    return asked


def _unless_others(run: Callback) -> Callback:
    """Leave a database alone that has our tables' names, and was not migrated by us.

    The tables are looked for before the revision: another process that migrates at the same time commits
    both at once.
    """

    @wraps(run)
    def checked(*args: Any, **options: Any) -> None:
        taken = preflight.FIRST_TABLES & preflight.taken_names(_core())
        if taken and not preflight.revisions(_core()):
            if taken == preflight.FIRST_TABLES:
                raise click.ClickException(preflight.LOST)
            raise click.ClickException(
                f"the database has tables that no migration made ({_listed(taken)}):"
                " it is another program's"
            )
        run(*args, **options)

    return checked


def _stamped(run: Callback) -> Callback:
    """Stamp a database only that has the tables, and say where it is then."""

    @wraps(run)
    def stamped(*args: Any, **options: Any) -> None:
        _refuse_senseless(options)
        lacking = preflight.FIRST_TABLES - preflight.taken_names(_core())
        if lacking == preflight.FIRST_TABLES:
            raise click.ClickException(preflight.NOT_MIGRATED)
        if lacking:
            raise click.ClickException(
                f"the database lacks tables ({_listed(lacking)}): it is another program's"
            )
        if not options["purge"]:
            _at()
        run(*args, **options)
        click.echo(f"the database is at {_at()} now")

    return stamped


def _listed(names: set[str]) -> str:
    """Three of them at most, and how many more there are."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 3} more" if len(ordered) > 3 else ""
    return ", ".join(ordered[:3]) + more


CHANGES: dict[str, Callable[[Callback], Callback]] = {
    **{name: partial(_begun, looks) for name, looks in LOOKS.items()},
    "upgrade": lambda run: _told(_unless_others(run)),
    "downgrade": lambda run: _told(_begun(_always, _keeps_users(run))),
    "stamp": _stamped,
    "check": _asked_first,
}


def _core() -> Core:
    core: Core = current_app.extensions["watchword"].core
    return core
