"""What must be true before the first request: a migrated database and usable keys."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ..store.unit_of_work import StoreUnavailable, reading
from .keys import KeysUnusable
from .passwords import common_passwords

if TYPE_CHECKING:
    from .wiring import Core

MIGRATIONS = str(Path(__file__).resolve().parents[2] / "migrations")


class StartRefused(Exception):
    """Why the service does not start, as one line for the operator."""


def preflight(core: "Core", migrations: str = MIGRATIONS) -> None:
    """Raises StartRefused. Loads what all workers share, so that they are forked with it."""
    try:
        if not is_migrated(core, migrations):
            raise StartRefused("the database is not migrated: run flask --app wsgi db upgrade")
        core.keys.load()
    except StoreUnavailable as error:
        raise StartRefused(f"the database cannot be reached ({error})") from error
    except KeysUnusable as error:
        raise StartRefused(str(error)) from error
    common_passwords()


def is_migrated(core: "Core", migrations: str = MIGRATIONS) -> bool:
    """Whether the database stands at the newest migration. Raises StoreUnavailable."""
    heads = _heads(migrations)
    with reading(core.engine) as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


@cache
def _heads(migrations: str) -> frozenset[str]:
    """The newest revisions. A process serves one version of the code, which has its migrations."""
    return frozenset(ScriptDirectory(migrations).get_heads())
