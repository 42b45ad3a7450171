"""Session kinds: what a dialect declares of its sessions and tokens, as frozen data.

The core knows kinds, and no dialect by name. ``Kinds`` is the index of all that a process serves: it is made
once, and refuses two declarations that could be taken for one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from .policy import Terms


class Form(Enum):
    """What a token looks like, and so how it is read."""

    SEALED = "sealed"  # signed with HMAC; says session, generation and purpose
    JWT = "jwt"  # RFC 7519; says the same in claims
    HEX = "hex"  # 64 random hexadecimal digits; the row keeps their digest
    UUID = "uuid"  # a random UUID; the row keeps its digest


RANDOM = frozenset({Form.HEX, Form.UUID})


class Lifetime(NamedTuple):
    """A setting: ``WATCHWORD_<SETTING>``, whose unit is seconds, with its default and its meaning."""

    setting: str
    default: int
    meaning: str


@dataclass(frozen=True, slots=True, eq=False)
class Purpose:
    """What a token is for.

    ``number`` stands in sealed tokens and ``name`` salts their signature: never use one again for something
    else, and never rename one. ``use`` is the claim of a JWT that says its purpose.
    """

    number: int
    name: str
    form: Form
    is_refresh: bool = False
    use: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The sessions of one dialect. ``name`` is kept in their rows and shown by the doors.

    ``access`` is how long an access token is valid, ``session`` how long the session is (since its last
    rotation, or its last use if it ``idles``), ``absolute`` how long it is at most, since its login. ``more``
    are lifetimes of the dialect's other tokens and codes.
    """

    name: str
    purposes: tuple[Purpose, ...]
    access: Lifetime
    session: Lifetime
    absolute: Lifetime
    more: tuple[Lifetime, ...] = ()
    # Each use of the session moves its expiry.
    idles: bool = False
    # An expired password restricts the session: it was opened with that password.
    stands_on_password: bool = True
    # Only the client that opened the session may use it.
    bound_to_client: bool = False
    # Whether the doors accept its tokens. Others are valid at one place alone (``sessions.private``).
    at_doors: bool = True
    # The role that the user must have: who loses it loses the session.
    role: str | None = None

    @property
    def lifetimes(self) -> tuple[Lifetime, ...]:
        """Each once, in the order in which they are documented."""
        return tuple(dict.fromkeys((self.access, self.session, self.absolute, *self.more)))

    @property
    def signs_jwt(self) -> bool:
        return any(purpose.form is Form.JWT for purpose in self.purposes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGrant:
    """What an access code is exchanged for: a session of ``kind`` with one token for ``purpose``."""

    kind: Kind
    purpose: Purpose
    code: Lifetime
    token: Lifetime


class KindsConflict(ValueError):
    """Two kinds, or two purposes, that could be taken for one another."""


class Kinds:
    """All kinds of a process, with the lifetimes that the operator set.

    ``seconds`` has a value for each ``Lifetime.setting`` that is not the default. Raises KindsConflict.
    """

    def __init__(self, kinds: Sequence[Kind], seconds: Mapping[str, int]) -> None:
        self._seconds = seconds
        purposes = [purpose for kind in kinds for purpose in kind.purposes]
        readable = [it for kind in kinds if kind.at_doors for it in kind.purposes]
        self.named = _index("name", [(kind.name, kind) for kind in kinds])
        self.of_purpose = _index(
            "purpose", [(purpose, kind) for kind in kinds for purpose in kind.purposes]
        )
        _index("number", [(purpose.number, purpose) for purpose in purposes])
        _index("name", [(purpose.name, purpose) for purpose in purposes])
        # How a token is read. One that is private to a place is missing: there it is read by its digest.
        self.sealed = {found.number: found for found in readable if found.form is Form.SEALED}
        self.by_use = _index(
            "claim", [(found.use, found) for found in readable if found.form is Form.JWT]
        )
        self.random = _index(
            "form", [(found.form, found) for found in readable if found.form in RANDOM]
        )
        self.terms = {kind.name: self._terms(kind) for kind in kinds}

    def seconds(self, lifetime: Lifetime) -> int:
        return self._seconds.get(lifetime.setting, lifetime.default)

    def _terms(self, kind: Kind) -> Terms:
        return Terms(*map(self.seconds, (kind.access, kind.session, kind.absolute)))


def _index(what: str, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise KindsConflict(f"two have the same {what}: {', '.join(str(key) for key, _ in pairs)}")
    return found
