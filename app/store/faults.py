"""What an error of a database means: the one place that reads the drivers' classes and codes.

There are four kinds.

- GONE: the connection is broken. Another one may work.
- READ_ONLY: the server is a standby, or a primary that was replaced. Its rows may be out of date.
- PASSING: a lock that did not come free, a full disk, a missing right, a table that a restore has not brought
  back yet. The answer is 503. It is not tried again at once: waits add up.
- OURS: a misspelt column, a wrong type, a violated constraint. The error stays what it is and becomes a 500,
  save a violated key, which is a ``Conflict``.
"""

import sqlite3
from enum import Enum, auto

import psycopg
from sqlalchemy.exc import DBAPIError

DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)


class Fault(Enum):
    GONE = auto()
    READ_ONLY = auto()
    PASSING = auto()
    OURS = auto()


class StoreUnavailable(Exception):
    """The database cannot be asked just now. Carries the driver's name for the error, never its text."""

    def __init__(self, name: str, fault: Fault = Fault.PASSING) -> None:
        super().__init__(name)
        self.fault = fault


class Conflict(Exception):
    """A row would violate a unique, primary or foreign key: the name exists, or the row it refers to does
    not. A value that is missing (NOT NULL) or refused (CHECK) is no conflict but a fault of ours."""


class Unsuited(psycopg.OperationalError):
    """The server answers, but not as the service needs it."""


class NotUtf8(Unsuited):
    """Not every name could be stored."""


class OptionsRefused(Unsuited):
    """A pooler in front of the server does not pass the options of a connection on."""


class StatementsLost(Unsuited):
    """A pooler in front of the server does not keep prepared statements."""


class ReadOnly(psycopg.OperationalError):
    """The server takes no writes, so that what it lets read may be out of date."""


class Silent(psycopg.OperationalError):
    """The server did not answer in time."""


# Errors that an operator can repair, by the name of the error.
_REASONS = {
    "InsufficientPrivilege": "its user lacks a right: see the rights in docs/operations.md",
    "NotUtf8": "its encoding is not UTF8: create it with ENCODING 'UTF8' TEMPLATE template0",
    "OperationalError": "no server answers at its address, or it does not let this user in:"
    " psql with the same URL tells which",
    "OptionsRefused": "PgBouncer refuses options: set its ignore_startup_parameters = options",
    "ReadOnly": "it takes no writes",
    "ReadOnlySqlTransaction": "it takes no writes",
    "SQLITE_CANTOPEN": "its file cannot be opened: its directory must be there,"
    " and this user must be able to enter it",
    "SQLITE_NOTADB": "its file is no SQLite database",
    "Silent": "no server answers in time",
    "StatementsLost": "a pooler loses prepared statements: PgBouncer 1.22 or newer with"
    " max_prepared_statements, or pool_mode = session",
}

# SQLSTATE classes (PostgreSQL, appendix A) of states that pass, or that an operator ends.
_PASSING_CLASSES = frozenset(
    {
        "28",  # invalid authorization
        "40",  # transaction rollback: a deadlock
        "53",  # insufficient resources
        "55",  # object not in prerequisite state: a lock that did not come free
        "57",  # operator intervention: a statement timeout
        "58",  # system error
        "F0",  # configuration file error
        "XX",  # internal error: broken data
    }
)
_PASSING_STATES = frozenset(
    {
        "25P03",  # idle in transaction for too long
        "26000",  # prepared statement unknown: a pooler that does not keep them
        "42P05",  # prepared statement known already: likewise
        "3D000",  # no such database
        "3F000",  # no such schema
        "42P01",  # no such table
        "42501",  # insufficient privilege
    }
)
_GONE_STATES = frozenset(
    {
        "0A000",  # "cached plan must not change result type", after a migration
        "57P01",  # admin shutdown
        "57P02",  # crash shutdown
        "57P03",  # cannot connect now
        "57P05",  # idle for too long
    }
)
_READ_ONLY_STATE = "25006"

# SQLite's primary result codes that are the program's: wrong use, a wrong type, a value too big.
_OURS_ON_SQLITE = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
        sqlite3.SQLITE_TOOBIG,
    }
)
_PRIMARY = 0xFF

_CONFLICT_STATES = frozenset({"23503", "23505"})  # foreign_key_violation, unique_violation
_CONFLICTS_ON_SQLITE = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }
)


def fault_of(error: BaseException | None) -> Fault:
    """``error`` is a driver's, or SQLAlchemy's around one."""
    if isinstance(error, DBAPIError):
        fault = fault_of(error.orig)
        return Fault.GONE if fault is Fault.OURS and error.connection_invalidated else fault
    if isinstance(error, sqlite3.Error):
        return _on_sqlite(error)
    return _on_postgresql(error) if isinstance(error, psycopg.Error) else Fault.OURS


def is_busy(error: BaseException) -> bool:
    """Whether another writer holds what a write without waiting would need."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, psycopg.errors.LockNotAvailable)


def reason(error: Exception) -> str:
    """Why the database cannot be used, for an operator: in words where there are any.

    ``error`` is a StoreUnavailable or a driver's.
    """
    if not isinstance(error, StoreUnavailable):
        error = StoreUnavailable(name_of(error), fault_of(error))
    name = str(error)
    if error.fault is Fault.READ_ONLY and name not in _REASONS:
        return "its file takes no writes: this user must be able to write it, and its directory"
    return _REASONS.get(name, name)


def unavailable(error: BaseException) -> StoreUnavailable | None:
    """What to raise instead of ``error``; None where it is a fault of ours, which stays what it is."""
    fault = fault_of(error)
    if fault is Fault.OURS:
        return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    return StoreUnavailable(name_of(cause), fault)


def name_of(error: BaseException | None) -> str:
    """What the driver calls an error: its class or, of SQLite, its code, which says more."""
    code: str = getattr(error, "sqlite_errorname", "")
    return code or type(error).__name__


def told(error: BaseException) -> StoreUnavailable | Conflict | None:
    """What the store raises instead of a driver's error; None where it is a fault of ours, which stays
    what it is."""
    return Conflict(name_of(error)) if _is_conflict(error) else unavailable(error)


def _is_conflict(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in _CONFLICTS_ON_SQLITE
    return isinstance(error, psycopg.Error) and error.sqlstate in _CONFLICT_STATES


def _on_postgresql(error: psycopg.Error) -> Fault:
    state = error.sqlstate
    if isinstance(error, Unsuited):
        return Fault.PASSING
    if state == _READ_ONLY_STATE or isinstance(error, ReadOnly):
        return Fault.READ_ONLY
    if state is None:
        # The driver's own: of a connection that broke or never was, or of how we called it.
        ours = not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Fault.OURS if ours else Fault.GONE
    if state in _GONE_STATES or state.startswith("08"):
        return Fault.GONE
    passing = state in _PASSING_STATES or state[:2] in _PASSING_CLASSES
    return Fault.PASSING if passing else Fault.OURS


def _on_sqlite(error: sqlite3.Error) -> Fault:
    # The module's own errors ("closed database", a parameter missing) have no code.
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return Fault.OURS
    primary = code & _PRIMARY
    if primary == sqlite3.SQLITE_READONLY:
        return Fault.READ_ONLY
    if primary == sqlite3.SQLITE_ERROR:
        # SQLite has one code for both: a table that is away, and a statement that is wrong.
        return Fault.PASSING if str(error).startswith("no such table") else Fault.OURS
    return Fault.OURS if primary in _OURS_ON_SQLITE else Fault.PASSING
