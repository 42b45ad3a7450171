"""What every format is read into: one record a user, or the reason why an entry gives none."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from ..names import folded, is_email
from ..passwords.foreign import Unreadable as UnreadableHash

# The longest line, or field of a line. A user needs some hundred bytes.
MAX_LINE = 1 << 20
# The reason where a reader or a check broke at what an entry says.
NO_VALUE = "has a value that cannot be read"


class Fault(Exception):
    """Why an entry is no user. The text never quotes the file: it holds secrets."""


class Unreadable(Exception):
    """Why the file, or its rest, cannot be read."""


class Rejected(NamedTuple):
    """An entry that is not taken. ``place`` is its line, or its number in a document."""

    place: str
    reason: str


class Record(NamedTuple):
    """A user as a file has it. One of ``password``, ``hash`` and ``stored`` is needed.

    ``hash`` is in its system's notation or in ours, ``stored`` is an export's, and may be the service's own.
    ``pepper`` is the key id (``kid``) that goes with ``stored``. Sites know their users by the ``uuid``.
    ``disabled_until`` is a NumericDate, infinity for good.
    """

    place: str
    username: str | None = None
    email: str | None = None
    password: str | None = None
    hash: str | None = None
    stored: str | None = None
    pepper: str | None = None
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    customer: str | None = None
    disabled_until: float = 0.0
    password_expired: bool = False
    uuid: str | None = None


class PassedOver(NamedTuple):
    """Columns, fields or attributes of the file that nobody reads, by their names in it.

    The names that may tell who is locked stand first. There are ``more`` than are named.
    """

    names: tuple[str, ...] = ()
    more: int = 0


Found = Record | Rejected | PassedOver
Read = Iterator[Found]
Entry = Mapping[str, Any]


class Format(NamedTuple):
    """``read`` yields from a file that is open in binary mode, and raises Unreadable."""

    name: str
    meaning: str
    read: Callable[[BinaryIO], Read]


def each(entries: Iterable[tuple[str, Any]], build: Callable[[str, Any], Record | None]) -> Read:
    """A record of each entry and its place. One whose ``build`` gives None is passed over.

    An entry that is a Fault already is rejected with its reason.
    """
    for place, entry in entries:
        if isinstance(entry, Fault):
            yield Rejected(place, str(entry))
            continue
        try:
            record = build(place, entry)
        except Fault as fault:
            yield Rejected(place, str(fault))
        except UnreadableHash as fault:
            yield Rejected(place, f"password hash {fault}")
        except (ValueError, OverflowError):
            # UnicodeError is a ValueError. One entry must not stop an import at each run.
            yield Rejected(place, NO_VALUE)
        else:
            if record is None:
                continue
            if _claims_another_address(record):
                yield Rejected(place, "username is the e-mail address of somebody else")
                continue
            yield record


def _claims_another_address(record: Record) -> bool:
    """Whether the username is an address that is not the user's own.

    Usernames and addresses are one set of login names. So the owner of that address could not come in, and
    whoever knows only the address would take this user for its owner. The names of an export were one set.
    """
    if record.username is None or record.email is None or record.stored is not None:
        return False
    name = folded(record.username) if "@" in record.username else ""
    return is_email(name) and name != folded(record.email)


def mapping(entry: Any) -> Entry:
    """Raises Fault."""
    if not isinstance(entry, dict):
        raise Fault("is not an object")
    return entry


def text(entry: Entry, *names: str) -> str | None:
    """The first of these fields that is there and not empty. Raises Fault if it is no text."""
    for name in names:
        value = entry.get(name)
        if value is not None and value != "":
            if not isinstance(value, str):
                raise Fault(f"{name} is not a text")
            return value
    return None


def words(entry: Entry, name: str) -> frozenset[str]:
    """A list of texts. Raises Fault."""
    value = entry.get(name)
    if value is None:
        return frozenset()
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Fault(f"{name} is not a list of texts")
    return frozenset(value)


def number(entry: Entry, name: str) -> int:
    """Raises Fault."""
    value = entry.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise Fault(f"{name} is not a number")
    return value
