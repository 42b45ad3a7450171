"""Find the format of a file by its first bytes."""

import json
import re
from typing import BinaryIO

from .formats import FORMATS
from .formats.csv_table import columns_of
from .records import Format, Unreadable

LOOK = 64 * 1024

# What the beginning of a document has, in the order of the question.
_IN_JSON = (
    ("dumpdata", re.compile(r'"model"\s*:\s*"[\w.]+"')),
    ("firebase", re.compile(r'"localId"\s*:')),
    ("keycloak", re.compile(r'"(?:realm|secretData|createdTimestamp|realmRoles)"\s*:')),
    ("auth0", re.compile(r'"(?:custom_password_hash|passwordHash|email_verified)"\s*:')),
)
_LDIF = re.compile(r"(?:\s|#[^\n]*\n)*(?:version|dn)::? ", re.IGNORECASE)
_HTPASSWD = re.compile(r"[^:\s,;]{1,254}:(?:\$|\{SHA\})\S+\s*", re.ASCII)


def recognised(stream: BinaryIO) -> Format:
    """The format of a file that can seek. Raises Unreadable if it is none that is known."""
    start = stream.read(LOOK).decode(errors="replace").removeprefix("\ufeff").lstrip()
    stream.seek(0)
    name = _json(start) if start.startswith(("{", "[")) else _plain(start)
    if name is None:
        raise Unreadable("has no format that is known by its beginning: name it with --format")
    return FORMATS[name]


def _json(start: str) -> str | None:
    for name, pattern in _IN_JSON:
        if pattern.search(start):
            return name
    if re.match(r'\{\s*"(?:users|customers|clients|development_only)"\s*:', start):
        return "seed"
    first = start.partition("\n")[0]
    try:
        is_line = isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return None
    return "jsonl" if is_line else None


def _plain(start: str) -> str | None:
    if _LDIF.match(start):
        return "ldif"
    first = next((line for line in start.splitlines() if not line.startswith("#")), "")
    if columns_of(first):
        return "csv"
    return "htpasswd" if _HTPASSWD.fullmatch(first) else None
