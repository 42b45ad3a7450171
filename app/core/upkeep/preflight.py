"""The checks at start: the database is migrated and takes writes, and the keys can be used."""

from functools import cache
from pathlib import Path

from sqlalchemy import bindparam, text, update
from sqlalchemy.dialects import postgresql

from ...store.faults import DRIVER_ERRORS, Fault, StoreUnavailable, reason
from ...store.models import Lease
from ...store.positions import Reason
from ..core import Core
from ..keys.keyring import KeysUnusable
from ..passwords import common_passwords

PROBE = "readyz"
MIGRATIONS = str(Path(__file__).resolve().parents[3] / "migrations")

_TOUCH = update(Lease).where(Lease.name == bindparam("probe")).values(expires_at=bindparam("now"))
# The same SQL runs on PostgreSQL and SQLite.
_FIRST = postgresql.insert(Lease).inline().on_conflict_do_nothing()

# Whether Alembic's own table exists, and the revision in it.
_IS_VERSIONED = {
    "sqlite": text("SELECT name FROM sqlite_master WHERE name = 'alembic_version'"),
    "postgresql": text("SELECT oid FROM pg_class WHERE oid = to_regclass('alembic_version')"),
}
_VERSIONS = text("SELECT version_num FROM alembic_version")
# What has a name that a new table would need. SQLite's names are the same in any case.
_TAKEN_NAMES = {
    "sqlite": text("SELECT lower(name) FROM sqlite_master"),
    "postgresql": text(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())"
    ),
}
_LACKING = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE NOT ("
    "has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT')"
    " AND has_table_privilege(name, 'UPDATE') AND has_table_privilege(name, 'DELETE'))"
)


# The tables that the first migration makes, and every later one keeps.
FIRST_TABLES = {
    "access_codes",
    "api_keys",
    "audit_events",
    "clients",
    "customers",
    "leases",
    "login_names",
    "sessions",
    "signing_keys",
    "throttles",
    "users",
}

NOT_MIGRATED = "the database is not migrated: run flask --app wsgi db upgrade"
LOST = (
    "the database has its tables, but its alembic_version was lost: run flask --app wsgi db stamp REVISION"
    " (docs/operations.md says which)"
)
UNREADABLE = (
    "its table alembic_version is not as migrations write it: docs/operations.md says what to do"
)


class StartRefused(Exception):
    """The service does not start. The text is one line for the operator."""


def preflight(core: Core, migrations: str = MIGRATIONS) -> None:
    """Check everything before the workers are forked. Raises StartRefused.

    It also loads the keys and the list of common passwords, so that all workers share that memory.
    """
    try:
        if not is_migrated(core, migrations):
            raise StartRefused(what_is_missing(core))
        if lacking := _lacking_rights(core):
            raise StartRefused(
                f"the database's user lacks rights on {', '.join(lacking)}:"
                " GRANT SELECT, INSERT, UPDATE, DELETE"
            )
        core.store.check_pooler()
        core.keys.load()
        _refuse_read_only(core)
        _refuse_foreign_replica(core)
    except StoreUnavailable as error:
        raise StartRefused(f"the database cannot be used ({reason(error)})") from error
    except KeysUnusable as error:
        raise StartRefused(str(error)) from error
    common_passwords()


def _refuse_read_only(core: Core) -> None:
    """Raises StoreUnavailable if the database is read-only: then no login would work.

    A busy writer is no reason not to start; ``/readyz`` reports it.
    """
    try:
        take_a_write(core)
    except StoreUnavailable as error:
        if error.fault is Fault.READ_ONLY:
            raise


def _refuse_foreign_replica(core: Core) -> None:
    """Raises StartRefused if the replica is of another cluster, which no failover can repair.

    One that lags, or that was promoted, is passed over meanwhile. One that cannot be reached too.
    """
    if core.replica is not None and core.replica.measure() is Reason.ANOTHER_CLUSTER:
        raise StartRefused(
            "WATCHWORD_REPLICA_URL: this server is no replica of the one in WATCHWORD_DATABASE_URL"
        )


def is_migrated(core: Core, migrations: str = MIGRATIONS) -> bool:
    """Whether the database is at the newest migration, or a later one. Raises StoreUnavailable.

    An unknown revision comes from a later version of Watchword, which has migrated already. Each migration
    keeps what the version before it needs, so this version can go on.
    """
    heads, known = _revisions(migrations)
    found = revisions(core)
    return found == heads or (bool(found) and known.isdisjoint(found))


def revisions(core: Core) -> set[str]:
    """Those that the database is at: one, or none before the first migration. Raises StoreUnavailable.

    A SQLite file that is not there is not made.
    """
    store = core.store
    if _has_no_file(store.file) or not store.read(_IS_VERSIONED[store.backend]):
        return set()
    try:
        found = {version for (version,) in store.read(_VERSIONS)}
    except DRIVER_ERRORS as error:
        raise StoreUnavailable(UNREADABLE) from error
    # The migrations are one line, so a database is at one of them.
    if len(found) > 1 or not all(isinstance(version, str) for version in found):
        raise StoreUnavailable(UNREADABLE)
    return found


def what_is_missing(core: Core) -> str:
    """What to do with a database that is not migrated. Raises StoreUnavailable.

    The tables are looked for before the revision: another process that migrates at the same time commits
    both at once.
    """
    has_tables = taken_names(core) >= FIRST_TABLES
    return LOST if has_tables and not revisions(core) else NOT_MIGRATED


def taken_names(core: Core) -> set[str]:
    """The names that no new table can have: those of tables, indexes and views.

    On PostgreSQL they are those of the schema that migrations write to. A SQLite file that is not there is
    not made. Raises StoreUnavailable.
    """
    store = core.store
    if _has_no_file(store.file):
        return set()
    return {name for (name,) in store.read(_TAKEN_NAMES[store.backend])}


def _has_no_file(file: Path | None) -> bool:
    """Whether SQLite's file is missing. Where its directory is missing too, a read says so."""
    return file is not None and file.parent.is_dir() and not file.exists()


def _lacking_rights(core: Core) -> list[str]:
    """The tables on which our PostgreSQL role has not all rights."""
    if core.store.backend != "postgresql":
        return []
    names = sorted(Lease.metadata.tables)
    return sorted(name for (name,) in core.store.read(_LACKING, names=names))


def take_a_write(core: Core) -> None:
    """Commit one row, as a login does, to find out whether writes work.

    Raises StoreUnavailable, for example if another process holds the lock or the disk is full.
    """
    row = {"name": PROBE, "holder": "", "expires_at": core.clock.now()}
    with core.store.write() as writing:
        if not writing.execute(_TOUCH, {"probe": PROBE, "now": row["expires_at"]}).rowcount:
            writing.execute(_FIRST, row)


@cache
def _revisions(migrations: str) -> tuple[frozenset[str], frozenset[str]]:
    """The newest revisions, and all. Cached: the migrations do not change while a process runs.

    Alembic is loaded here, because a process that does not ask is ready sooner without it.
    """
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(migrations)
    return frozenset(scripts.get_heads()), frozenset(s.revision for s in scripts.walk_revisions())
