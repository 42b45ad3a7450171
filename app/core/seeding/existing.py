"""Find the rows of a seed that exist already. Only reads."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import func, select

from ...store.models import ApiKey, Client, Customer, LoginName, User
from ...store.store import Store
from .. import secrets
from ..core import Core
from ..names import folded
from ..sessions import caps
from .rules import Seed

# The values in one query: SQLite accepts 32,766 parameters at most.
CHUNK = 5_000


class Known(NamedTuple):
    customers: set[str]
    clients: set[str]
    holders: dict[str, tuple[int, str]]  # by login name: (id of the user, folded username)
    key_owners: dict[bytes, int]
    live_keys: dict[int, int]  # the number of live keys, by user id


def known(core: Core, seed: Seed) -> Known:
    """Which customers, clients, users and keys of the seed exist. Raises StoreUnavailable."""
    customers = {entry.id for entry in seed.customers}
    customers.update(user.customer for user in seed.users if user.customer is not None)
    clients = {entry.client_id for entry in seed.clients}
    names = {folded(name) for user in seed.users for name in (user.username, user.email)}
    digests = {secrets.digest(key) for user in seed.users for key in user.api_keys}
    holders = select(LoginName.name, User.id, User.username).join(
        User, User.id == LoginName.user_id
    )
    api_keys = select(ApiKey.digest, ApiKey.user_id)
    live_keys = (
        select(ApiKey.user_id, func.count())
        .where(*caps.live(ApiKey, core.clock.now()))
        .group_by(ApiKey.user_id)
    )
    found = list(_rows(core.store, holders, names))
    user_ids = {user_id for _, user_id, _ in found}
    return Known(
        {id_ for (id_,) in _rows(core.store, select(Customer.id), customers)},
        {id_ for (id_,) in _rows(core.store, select(Client.client_id), clients)},
        {name: (user_id, folded(username)) for name, user_id, username in found},
        dict(_rows(core.store, api_keys, digests)),
        dict(_rows(core.store, live_keys, user_ids)),
    )


def _rows(store: Store, statement: Any, values: Iterable[object]) -> Iterator[Any]:
    """The rows whose first column is one of the values, in queries of CHUNK values."""
    column = statement.selected_columns[0]
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield from store.read(statement.where(column.in_(chunk)))
