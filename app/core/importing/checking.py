"""From a record to what is written of it, or to the reason why it is rejected."""

import re
from typing import NamedTuple

from .. import passwords
from ..identities import ADMIN
from ..names import folded, is_email, is_username, words_fault
from ..passwords import foreign
from ..policy import Policy
from .records import Fault, Record

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


# The nil UUID and the max UUID (RFC 9562 sections 5.9 and 5.10).
_NOBODYS = tuple("-".join(digit * size for size in (8, 4, 4, 4, 12)) for digit in "0f")


class User(NamedTuple):
    """A user who may be added. One of ``password`` and ``stored`` is there.

    ``names`` are the folded username and e-mail. ``wraps`` says that Argon2id comes around ``stored``.
    """

    place: str
    username: str
    email: str
    names: tuple[str, str]
    password: str | None
    stored: str
    pepper_id: int | None
    wraps: bool
    roles: str
    permissions: str
    customer: str | None
    disabled: bool
    password_expired: bool
    uuid: str | None

    @property
    def is_hashed_now(self) -> bool:
        return self.wraps or self.password is not None


class Checks:
    """The checks of one run. ``peppers`` are the ids of the service's own peppers, by ``kid``.

    Without ``admins`` a user with the role admin is rejected: in the old system it may have meant less.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        email_domain: str | None,
        wrap: bool,
        pepper_id: int | None,
        peppers: dict[str, int],
        admins: bool,
        now: float,
    ) -> None:
        self._policy = policy
        self._email_domain = email_domain
        self._wrap = wrap
        self._pepper_id = pepper_id
        self._peppers = peppers
        self._admins = admins
        self._now = now

    def user(self, record: Record) -> User:
        """Raises Fault, and foreign.Unreadable for a hash that cannot be taken."""
        username, email = self._names(record)
        if ADMIN in record.roles and not self._admins:
            raise Fault(f"has the role {ADMIN}, which opens the console; --admins takes it")
        stored, pepper_id = self._stored(record)
        customer = _uuid(record.customer, "customer")
        return User(
            record.place,
            username,
            email,
            (folded(username), folded(email)),
            None if stored else record.password,
            stored,
            pepper_id,
            self._wrap and bool(stored) and self._is_weak(stored),
            _words(record.roles, "roles"),
            _words(record.permissions, "permissions"),
            customer,
            record.disabled_until > self._now,
            record.password_expired,
            _user_id(record.uuid),
        )

    def _names(self, record: Record) -> tuple[str, str]:
        username = record.username or record.email
        if username is None:
            raise Fault("has neither a username nor an email")
        email = record.email
        if email is None:
            email = username
            if not is_email(email):
                email = f"{username}@{self._email_domain or ''}"
            if not is_email(email):
                raise Fault("has no email")
        elif not is_email(email):
            raise Fault("email is not an e-mail address")
        if not is_username(username):
            raise Fault("username is not a valid username")
        return username, email

    def _stored(self, record: Record) -> tuple[str, int | None]:
        """The hash to be stored, and the id of its pepper; empty if the password is to be hashed."""
        if record.stored is not None:
            return record.stored, self._exported(record.stored, record.pepper)
        if record.hash is not None:
            stored = foreign.read(record.hash)
            _accept(stored)
            return stored, self._pepper_id
        if record.password is None:
            raise Fault("has no password and no password hash")
        try:
            record.password.encode()
        except UnicodeEncodeError:
            raise Fault("password is not UTF-8") from None
        if hidden := _hash_in(record.password):
            _accept(hidden)
            return hidden, self._pepper_id
        if refusal := passwords.unacceptable(record.password, self._policy):
            raise Fault(refusal)
        return "", None

    def _exported(self, stored: str, pepper: str | None) -> int | None:
        """The id of the pepper of a hash that ``flask export`` wrote."""
        if not foreign.is_native(stored):
            _accept(stored)
        elif not passwords.acceptable_hash(stored):
            raise foreign.Unreadable("is Argon2id at a cost that no login may be made to pay")
        if pepper is None:
            return None
        if pepper not in self._peppers:
            raise Fault("was hashed with a pepper that this service does not have")
        return self._peppers[pepper]

    @staticmethod
    def _is_weak(stored: str) -> bool:
        if foreign.is_native(stored) or foreign.is_wrapped(stored):
            return False
        return foreign.accepted(stored).is_weak


def _accept(stored: str) -> None:
    """Raises foreign.Unreadable."""
    if foreign.is_of_nothing(foreign.accepted(stored)):
        raise foreign.Unreadable("is of an empty password, which opens nothing")


def _hash_in(password: str) -> str | None:
    """Raises Fault for what looks like a hash and cannot be taken."""
    try:
        return foreign.hash_in(password)
    except foreign.Unreadable as fault:
        raise Fault(f"password {fault}") from None


def _uuid(value: str | None, name: str) -> str | None:
    """In small letters, as all UUIDs are stored. Raises Fault."""
    if value is not None and not _UUID.fullmatch(value := value.lower()):
        raise Fault(f"{name} is not a UUID")
    return value


def _user_id(value: str | None) -> str | None:
    """A UUID that is nobody's is no user's either: programs write it for "none" (RFC 9562). Raises Fault."""
    uuid = _uuid(value, "its id")
    if uuid in _NOBODYS:
        raise Fault("its id is the UUID of nobody")
    return uuid


def _words(words: frozenset[str], name: str) -> str:
    if not words:
        return ""
    if fault := words_fault(words):
        raise Fault(f"{name}: {fault}")
    return " ".join(sorted(words))
