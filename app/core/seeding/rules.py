"""The entries of a seed, and the faults that can be found without the database."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .. import guessing, passwords, secrets
from ..credentials import api_keys, clients
from ..names import folded, is_email, is_label, is_username, words_fault
from ..policy import Policy


class Fault(NamedTuple):
    """A fault and its place, such as ``users[3].email``. The text never quotes the file: it holds secrets."""

    section: str
    position: int
    field: str
    text: str

    def __str__(self) -> str:
        field = f".{self.field}" if self.field else ""
        return f"{self.section}[{self.position}]{field}: {self.text}"


class SeedCustomer(NamedTuple):
    position: int
    id: str
    name: str


class SeedClient(NamedTuple):
    """A client. With a secret it is confidential, without one public."""

    position: int
    client_id: str
    name: str
    secret: str | None


class SeedUser(NamedTuple):
    """A user, with a password or with an Argon2id hash of it."""

    position: int
    username: str
    email: str
    password: str | None
    password_hash: str | None
    customer: str | None
    roles: frozenset[str]
    permissions: frozenset[str]
    api_keys: tuple[str, ...]
    password_expired: bool
    disabled: bool


class Seed(NamedTuple):
    customers: list[SeedCustomer]
    clients: list[SeedClient]
    users: list[SeedUser]


def faults(seed: Seed, policy: Policy) -> Iterator[Fault]:
    """All faults that the seed shows by itself: values that are not acceptable, and duplicates."""
    yield from _customer_faults(seed.customers)
    yield from _client_faults(seed.clients)
    names = _Once("users")
    keys = _Once("users")
    for user in seed.users:
        yield from _identity_faults(user, names)
        yield from _password_faults(user, policy)
        yield from _key_faults(user, keys)


class _Once:
    """Finds duplicates: remembers the first place of each value."""

    def __init__(self, section: str) -> None:
        self._section = section
        self._first: dict[str, tuple[int, str]] = {}

    def fault(self, position: int, field: str, value: str, *, own: bool = False) -> Fault | None:
        """The fault of a value seen before; None if it is new.

        With ``own``, one entry may repeat its value.
        """
        first_position, first_field = self._first.setdefault(value, (position, field))
        if (first_position, first_field) == (position, field) or (
            own and first_position == position
        ):
            return None
        place = f"{self._section}[{first_position}].{first_field}"
        return Fault(self._section, position, field, f"stands at {place} already")


def _customer_faults(entries: list[SeedCustomer]) -> Iterator[Fault]:
    once = _Once("customers")
    for entry in entries:
        if fault := once.fault(entry.position, "id", entry.id):
            yield fault
        if not is_label(entry.name):
            yield Fault("customers", entry.position, "name", "is empty, too long or not printable")


def _client_faults(entries: list[SeedClient]) -> Iterator[Fault]:
    once = _Once("clients")
    for entry in entries:
        if not clients.is_client_id(entry.client_id):
            text = "is not 1 to 200 printable ASCII characters without white space"
            yield Fault("clients", entry.position, "client_id", text)
        if fault := once.fault(entry.position, "client_id", entry.client_id):
            yield fault
        if not is_label(entry.name):
            yield Fault("clients", entry.position, "name", "is empty, too long or not printable")
        if entry.secret is not None and (fault_text := _secret_fault(entry.secret)):
            yield Fault("clients", entry.position, "secret", fault_text)


def _secret_fault(secret: str) -> str | None:
    if len(secret) > secrets.MAX_LENGTH:
        return f"has more than {secrets.MAX_LENGTH} characters"
    if not guessing.is_strong(secret):
        bits = guessing.STRONG_BITS
        return f"can be guessed: it needs {bits} random bits, such as openssl rand -hex 16 makes"
    return None


def _identity_faults(user: SeedUser, names: _Once) -> Iterator[Fault]:
    checks: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
        ("username", user.username, is_username, "is not a valid username"),
        ("email", user.email, is_email, "is not an e-mail address"),
    )
    for field, value, acceptable, text in checks:
        if not acceptable(value):
            yield Fault("users", user.position, field, text)
        elif fault := names.fault(user.position, field, folded(value), own=True):
            yield fault
    for field, words in (("roles", user.roles), ("permissions", user.permissions)):
        if words and (refusal := words_fault(words)):
            yield Fault("users", user.position, field, refusal)


def _password_faults(user: SeedUser, policy: Policy) -> Iterator[Fault]:
    if user.password_hash is not None:
        if user.password is not None:
            yield Fault("users", user.position, "password", "stands beside a password_hash")
        if not passwords.acceptable_hash(user.password_hash):
            text = "is not an Argon2id hash, or one at a cost that no login may be made to pay"
            yield Fault("users", user.position, "password_hash", text)
    elif user.password is None:
        yield Fault("users", user.position, "password", "is missing, and so is password_hash")
    elif refusal := passwords.unacceptable(user.password, policy):
        yield Fault("users", user.position, "password", refusal)
    elif _is_hash(user.password):
        text = "is a hash and no password: its field is password_hash, or flask import takes it"
        yield Fault("users", user.position, "password", text)


def _is_hash(password: str) -> bool:
    """Whether it is one by its notation. Digits alone, such as openssl rand -hex makes, are a password."""
    from ..passwords import foreign

    try:
        return foreign.hash_in(password) is not None
    except foreign.Unreadable:
        return False


def _key_faults(user: SeedUser, keys: _Once) -> Iterator[Fault]:
    for place, key in enumerate(user.api_keys):
        field = f"api_keys[{place}]"
        if not api_keys.is_key(key):
            yield Fault("users", user.position, field, "is not base64 of 16 bytes")
        elif fault := keys.fault(user.position, field, key):
            yield fault


def cap_faults(user: SeedUser, added: int, live: int, policy: Policy) -> Iterator[Fault]:
    """The fault of a user who would have more live keys than the policy allows: ``live`` + ``added``."""
    if added and added + live > policy.api_keys_per_user:
        text = f"would be more live keys than the {policy.api_keys_per_user:,} a user may have"
        yield Fault("users", user.position, "api_keys", text)
