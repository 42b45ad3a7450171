"""Read what the database has of a batch, and write a batch in one transaction."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from ...store.store import Store, Writing
from .. import audit, secrets
from ..audit import Event, Origin
from ..core import Core
from ..names import folded
from .checking import User

# A batch changes pages all over the index of UUIDs. SQLite keeps them in memory until the commit, and copies
# them from its journal into the file once for several batches.
_SQLITE = (text("PRAGMA cache_size = -16384"), text("PRAGMA wal_autocheckpoint = 16384"))
_NAMES_OF = {
    "sqlite": "(SELECT value FROM json_each(:names))",
    "postgresql": "(SELECT unnest(CAST(:names AS text[])))",
}
_HOLDERS = {
    backend: text(
        "SELECT login_names.name, users.id, users.username, users.uuid FROM login_names"  # noqa: S608, our own names
        f" JOIN users ON users.id = login_names.user_id WHERE login_names.name IN {names}"
    )
    for backend, names in _NAMES_OF.items()
}
_UUIDS = {
    backend: text(f"SELECT uuid, id FROM users WHERE uuid IN {names}")  # noqa: S608, our own names
    for backend, names in _NAMES_OF.items()
}
_CUSTOMERS = {
    backend: text(f"SELECT id FROM customers WHERE id IN {names}")  # noqa: S608, our own names
    for backend, names in _NAMES_OF.items()
}
_NEW_IDS = {
    # The writer is alone, so the ids after the greatest are free.
    "sqlite": text(
        "WITH RECURSIVE ids(id, n) AS (SELECT coalesce(max(id), 0) + 1, 1 FROM users"
        " UNION ALL SELECT id + 1, n + 1 FROM ids WHERE n < :number) SELECT id FROM ids"
    ),
    "postgresql": text(
        "SELECT nextval(sequence.name) FROM generate_series(1, :number),"
        " (SELECT CAST(pg_get_serial_sequence('users', 'id') AS regclass) AS name OFFSET 0) AS sequence"
    ),
}
_COLUMNS = (
    "id",
    "uuid",
    "username",
    "email",
    "password_hash",
    "pepper_id",
    "password_expired",
    "epoch",
    "roles",
    "permissions",
    "customer_id",
    "created_at",
    "disabled_at",
)


class Holder(NamedTuple):
    """Whose a login name is: the user's id, its folded username, and its UUID."""

    user_id: int
    username: str
    uuid: str


class NewUser(NamedTuple):
    """A user to be added, with the hash that is stored."""

    user: User
    stored: str
    pepper_id: int | None


def holders(store: Store, names: Collection[str]) -> dict[str, Holder]:
    """Whose these folded names are. Raises StoreUnavailable."""
    rows = _rows(store, _HOLDERS, names)
    return {name: Holder(id_, folded(username), uuid) for name, id_, username, uuid in rows}


def owners(store: Store, uuids: Collection[str]) -> dict[str | None, int]:
    """The ids of the users who have one of these UUIDs. Raises StoreUnavailable."""
    return dict(_rows(store, _UUIDS, uuids)) if uuids else {}


def customers(store: Store, ids: Collection[str]) -> set[str]:
    """Those of the customers that exist. Raises StoreUnavailable."""
    return {id_ for (id_,) in _rows(store, _CUSTOMERS, ids)} if ids else set()


def _rows(store: Store, statements: Mapping[str, Any], values: Collection[str]) -> Iterable[Any]:
    listed = list(values)
    names = json.dumps(listed) if store.backend == "sqlite" else listed
    return store.read(statements[store.backend], names=names)


def write(core: Core, added: Sequence[NewUser], origin: Origin) -> list[int]:
    """Add users in one transaction. Returns their ids. Raises Conflict if a name or a UUID is taken."""
    with core.store.write(alone=True, seconds=None) as writing:
        now = core.clock.now()
        ids = _new_ids(writing, core.store.backend, len(added))
        # In order, so that one page of the index is changed after the other.
        minted = iter(sorted(secrets.mint_uuids(sum(new.user.uuid is None for new in added))))
        rows = (
            (
                id_,
                new.user.uuid or next(minted),
                new.user.username,
                new.user.email,
                new.stored,
                new.pepper_id,
                new.user.password_expired,
                1,
                new.user.roles,
                new.user.permissions,
                new.user.customer,
                now,
                now if new.user.disabled else None,
            )
            for id_, new in zip(ids, added, strict=True)
        )
        writing.insert_rows("users", _COLUMNS, rows)
        names = sorted(
            (name, id_) for id_, new in zip(ids, added, strict=True) for name in set(new.user.names)
        )
        writing.insert_rows("login_names", ("name", "user_id"), names)
        # One event a minute, with a count.
        audit.count(writing, now, Event.SEEDED, origin, reason="imported", times=len(added))
    return ids


def _new_ids(writing: Writing, backend: str, number: int) -> list[int]:
    if backend == "sqlite":
        for pragma in _SQLITE:
            writing.execute(pragma)
    return [id_ for (id_,) in writing.execute(_NEW_IDS[backend], {"number": number}).all()]
