"""What must be true before the first request: a migrated database and usable keys."""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import bindparam, text, update
from sqlalchemy.dialects import postgresql

from ...store.faults import Fault, StoreUnavailable, reason
from ...store.models import Lease
from ..core import Core
from ..keys.keyring import KeysUnusable
from ..passwords import common_passwords

PROBE = "readyz"
MIGRATIONS = str(Path(__file__).resolve().parents[3] / "migrations")

_TOUCH = update(Lease).where(Lease.name == bindparam("probe")).values(expires_at=bindparam("now"))
# PostgreSQL's statement, and SQLite's word for word.
_FIRST = postgresql.insert(Lease).inline().on_conflict_do_nothing()

# Whether Alembic has a table of its own here, and what it says there.
_IS_VERSIONED = {
    "sqlite": text("SELECT name FROM sqlite_master WHERE name = 'alembic_version'"),
    "postgresql": text("SELECT oid FROM pg_class WHERE oid = to_regclass('alembic_version')"),
}
_VERSIONS = text("SELECT version_num FROM alembic_version")
_LACKING = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE NOT ("
    "has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT')"
    " AND has_table_privilege(name, 'UPDATE') AND has_table_privilege(name, 'DELETE'))"
)


class StartRefused(Exception):
    """Why the service does not start, as one line for the operator."""


def preflight(core: Core, migrations: str = MIGRATIONS) -> None:
    """Raises StartRefused. Loads what all workers share, so that they are forked with it."""
    try:
        if not is_migrated(core, migrations):
            raise StartRefused("the database is not migrated: run flask --app wsgi db upgrade")
        if lacking := _lacking_rights(core):
            raise StartRefused(
                f"the database's user lacks rights on {', '.join(lacking)}:"
                " GRANT SELECT, INSERT, UPDATE, DELETE"
            )
        core.store.check_pooler()
        core.keys.load()
        _refuse_read_only(core)
    except StoreUnavailable as error:
        raise StartRefused(f"the database cannot be used ({reason(error)})") from error
    except KeysUnusable as error:
        raise StartRefused(str(error)) from error
    common_passwords()


def _refuse_read_only(core: Core) -> None:
    """A file that may only be read answers every question and takes no login.

    A writer that is busy passes: ``readyz`` tells.
    """
    try:
        take_a_write(core)
    except StoreUnavailable as error:
        if error.fault is Fault.READ_ONLY:
            raise


def is_migrated(core: Core, migrations: str = MIGRATIONS) -> bool:
    """Whether the database stands at the newest migration, or beyond. Raises StoreUnavailable.

    A revision that this version does not know is a later version's: that one has migrated first, and
    every migration leaves what the version before it needs.
    """
    heads, known = _revisions(migrations)
    store = core.store
    is_versioned = store.read(_IS_VERSIONED[store.backend])
    found = {version for (version,) in store.read(_VERSIONS)} if is_versioned else set()
    return found == heads or (bool(found) and known.isdisjoint(found))


def _lacking_rights(core: Core) -> list[str]:
    """The tables that PostgreSQL would not let us read or write."""
    if core.store.backend != "postgresql":
        return []
    names = sorted(Lease.metadata.tables)
    return sorted(name for (name,) in core.store.read(_LACKING, names=names))


def take_a_write(core: Core) -> None:
    """Commit one row, the way a login does.

    Raises StoreUnavailable: where the lock is held or the disk full, reads go on.
    """
    row = {"name": PROBE, "holder": "", "expires_at": core.clock.now()}
    with core.store.write() as writing:
        if not writing.execute(_TOUCH, {"probe": PROBE, "now": row["expires_at"]}).rowcount:
            writing.execute(_FIRST, row)


@cache
def _revisions(migrations: str) -> tuple[frozenset[str], frozenset[str]]:
    """The newest and all. A process serves one version of the code, which has its migrations."""
    scripts = ScriptDirectory(migrations)
    return frozenset(scripts.get_heads()), frozenset(s.revision for s in scripts.walk_revisions())
