"""Seeding adds many identities in one transaction: all of them or none.

``plan`` checks a seed, compares it with the database and lists all faults. ``write`` adds what is missing.
Rows that exist are not changed, so a seed that is run again changes nothing.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select

from ...store.faults import Conflict
from ...store.models import ApiKey, Client, Customer, LoginName, User
from ...store.store import Writing
from .. import audit, secrets
from ..audit import Event, Origin
from ..core import Core
from ..names import folded
from ..refusals import Refusal, Refused
from . import existing, rules
from .rules import Fault, Seed, SeedClient, SeedCustomer, SeedUser

_CUSTOMER = insert(Customer).inline()
_CLIENT = insert(Client).inline()
_USER = insert(User).inline()
# The database assigns the user's id. It is found by the UUID that was just written.
_OWNER = select(User.id).where(User.uuid == bindparam("owner")).scalar_subquery()
_LOGIN_NAME = insert(LoginName).inline().values(user_id=_OWNER)
_KEY_OF_NEW = insert(ApiKey).inline().values(user_id=_OWNER)
_KEY = insert(ApiKey).inline()


class NewKey(NamedTuple):
    """A new API key of a user who exists already."""

    user_id: int
    digest: bytes


class Counts(NamedTuple):
    customers: int
    clients: int
    users: int
    api_keys: int


class Plan(NamedTuple):
    """What a seed adds, how much of it exists already, and its faults."""

    customers: list[SeedCustomer]
    clients: list[SeedClient]
    users: list[SeedUser]
    keys: list[NewKey]
    present: Counts
    faults: list[Fault]

    @property
    def passwords(self) -> list[str]:
        """The passwords of new users that are to be hashed, in order."""
        return [user.password for user in self.users if user.password is not None]

    @property
    def added(self) -> Counts:
        new_users_keys = sum(len(user.api_keys) for user in self.users)
        return Counts(
            len(self.customers),
            len(self.clients),
            len(self.users),
            len(self.keys) + new_users_keys,
        )


def plan(core: Core, seed: Seed) -> Plan:
    """Check the seed and compare it with the database. Changes nothing. Raises StoreUnavailable."""
    known = existing.known(core, seed)
    faults = list(rules.faults(seed, core.policy))
    customers = {customer.id for customer in seed.customers} | known.customers
    users: list[SeedUser] = []
    keys: list[NewKey] = []
    keys_present = 0
    for user in seed.users:
        if user.customer is not None and user.customer not in customers:
            faults.append(Fault("users", user.position, "customer", "there is no such customer"))
        holder = known.holders.get(folded(user.username))
        faults.extend(_taken(user, holder, known.holders.get(folded(user.email))))
        before = len(keys)
        for place, key in enumerate(user.api_keys):
            digest = secrets.digest(key)
            owner = known.key_owners.get(digest)
            if owner is None:
                if holder is not None:
                    keys.append(NewKey(holder[0], digest))
            elif holder is not None and owner == holder[0]:
                keys_present += 1
            else:
                text = "is another user's"
                faults.append(Fault("users", user.position, f"api_keys[{place}]", text))
        added = len(keys) - before if holder is not None else len(user.api_keys)
        live = known.live_keys.get(holder[0], 0) if holder is not None else 0
        faults.extend(rules.cap_faults(user, added, live, core.policy))
        if holder is None:
            users.append(user)
    new_customers = [entry for entry in seed.customers if entry.id not in known.customers]
    new_clients = [entry for entry in seed.clients if entry.client_id not in known.clients]
    present = Counts(
        len(seed.customers) - len(new_customers),
        len(seed.clients) - len(new_clients),
        len(seed.users) - len(users),
        keys_present,
    )
    return Plan(new_customers, new_clients, users, keys, present, faults)


def _taken(
    user: SeedUser, holder: tuple[int, str] | None, mailbox: tuple[int, str] | None
) -> Iterator[Fault]:
    if holder is not None and holder[1] != folded(user.username):
        yield Fault("users", user.position, "username", "is the e-mail address of another user")
    if mailbox is not None and (holder is None or mailbox[0] != holder[0]):
        yield Fault("users", user.position, "email", "belongs to another user")


def write(
    core: Core, planned: Plan, hashed: Iterable[tuple[int | None, str]], origin: Origin
) -> None:
    """Add what is planned. ``hashed`` are (pepper id, encoded hash) of ``planned.passwords``, in order.

    Raises Refused(IDENTITY_TAKEN), and writes nothing, if one of the names has been added meanwhile.
    """
    made = iter(list(hashed))
    hashes = [
        next(made) if user.password_hash is None else (None, user.password_hash)
        for user in planned.users
    ]
    try:
        # Without a time limit: a file may have thousands of rows, and no client waits for an answer.
        with core.store.write(alone=True, seconds=None) as writing:
            now = core.clock.now()
            _write(writing, now, planned, hashes)
            added = planned.added
            note = ", ".join(f"{count} {name}" for name, count in added._asdict().items())
            audit.record(writing, now, Event.SEEDED, origin, note=note)
    except Conflict:
        detail = "somebody added one of these names meanwhile: run it again"
        raise Refused(Refusal.IDENTITY_TAKEN, detail) from None


def _write(
    writing: Writing,
    now: float,
    planned: Plan,
    hashes: Sequence[tuple[int | None, str]],
) -> None:
    uuids = [str(uuid.uuid4()) for _ in planned.users]
    customers = [{"id": it.id, "name": it.name} for it in planned.customers]
    writing.execute_many(_CUSTOMER, customers)
    writing.execute_many(_CLIENT, [_client(client, now) for client in planned.clients])
    writing.execute_many(_USER, [*map(_user, planned.users, hashes, uuids, repeat(now))])
    names = [
        {"name": name, "owner": owner_uuid}
        for user, owner_uuid in zip(planned.users, uuids, strict=True)
        for name in {folded(user.username), folded(user.email)}
    ]
    writing.execute_many(_LOGIN_NAME, names)
    keys = [
        {"digest": secrets.digest(key), "created_at": now, "owner": owner_uuid}
        for user, owner_uuid in zip(planned.users, uuids, strict=True)
        for key in user.api_keys
    ]
    writing.execute_many(_KEY_OF_NEW, keys)
    writing.execute_many(_KEY, [{**key._asdict(), "created_at": now} for key in planned.keys])


def _client(client: SeedClient, now: float) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "secret_digest": secrets.digest(client.secret) if client.secret else None,
        "created_at": now,
    }


def _user(
    user: SeedUser, hashed: tuple[int | None, str], user_uuid: str, now: float
) -> dict[str, Any]:
    pepper_id, encoded = hashed
    return {
        "uuid": user_uuid,
        "username": user.username,
        "email": user.email,
        "password_hash": encoded,
        "pepper_id": pepper_id,
        "password_expired": user.password_expired,
        "epoch": 1,
        "customer_id": user.customer,
        "roles": user.roles,
        "permissions": user.permissions,
        "created_at": now,
        "disabled_at": now if user.disabled else None,
    }
