"""Firebase: ``firebase auth:export users.json``.

Its hashes need ``--hash-config``, a file with what the console calls ``hash_config``.
"""

import re
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

from ...passwords import foreign
from ...secrets import ImportedPepper
from ..records import Fault, Format, Read, Record, Unreadable, each, mapping, text
from ..states import disabled_until
from .documents import items


class HashConfig(NamedTuple):
    """The parameters of a project's hashes. The signer key is the secret among them."""

    signer: ImportedPepper
    separator: bytes
    rounds: int
    memory: int


_FIELDS = ("base64_signer_key", "base64_salt_separator", "rounds", "mem_cost")


def hash_config(written: str) -> HashConfig:
    """From the text that the console shows. Raises Unreadable."""
    found = dict(re.findall(r"\b(\w+)\"?\s*[:=]\s*\"?([A-Za-z0-9+/=_-]+)", written))
    try:
        key, separator, rounds, memory = (found[name] for name in _FIELDS)
        signer = ImportedPepper("firebase", foreign.decoded(key))
        return HashConfig(signer, foreign.decoded(separator), int(rounds), int(memory))
    except (KeyError, ValueError, foreign.Unreadable):
        raise Unreadable(f"is not a hash_config with {', '.join(_FIELDS)}") from None


def reader(config: HashConfig | None) -> Callable[[BinaryIO], Read]:
    """Reads the hashes with these parameters; without any, users with a hash are rejected."""

    def user(place: str, entry: Any) -> Record:
        entry = mapping(entry)
        return Record(
            place,
            None,
            text(entry, "email"),
            hash=_hash(entry, config),
            disabled_until=disabled_until(entry),
        )

    return lambda stream: each(items(stream, "users", "users"), user)


def _hash(entry: Any, config: HashConfig | None) -> str | None:
    digest = text(entry, "passwordHash")
    if digest is None:
        return None
    if config is None:
        raise Fault("has a Firebase hash, which needs --hash-config")
    salt = foreign.decoded(text(entry, "salt") or "")
    return foreign.firebase(
        config.rounds, config.memory, salt, config.separator, foreign.decoded(digest)
    )


FORMAT = Format("firebase", "Firebase's `auth:export` (JSON), with `--hash-config`", reader(None))
