"""Find the format of a file by its first bytes."""

import json
import re
from typing import BinaryIO

from .formats import FORMATS
from .formats.csv_table import columns_of
from .formats.numbers import STRING
from .records import Format, Unreadable

LOOK = 64 * 1024

# The keys that tell a format of one document with the list "users": of the document, and of the users in it.
_WITH_USERS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("firebase", frozenset(), frozenset({"localId"})),
    (
        "keycloak",
        frozenset({"realm"}),
        frozenset({"credentials", "createdTimestamp", "realmRoles"}),
    ),
)
# Auth0's are a list, or JSON Lines. Others know whether an address is verified too, in lines of their own.
_AUTH0S = {"custom_password_hash", "passwordHash"}
_AUTH0S_IN_A_LIST = {"email_verified", *_AUTH0S}
_DUMPED = {"model", "fields"}
_SEEDED = ("users", "customers", "clients", "development_only")
_TOKENS = re.compile(STRING.decode() + r"(\s*:)?|[\[\]{}\"]", re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
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
    document, users = _keys(start)
    if users >= _DUMPED:
        return "dumpdata"
    has_list = "users" in document
    for name, of_document, of_users in _WITH_USERS:
        if of_document & document.keys() or (has_list and of_users & users):
            return name
    if not has_list and users & (_AUTH0S_IN_A_LIST if start.startswith("[") else _AUTH0S):
        return "auth0"
    if next(iter(document), None) in _SEEDED:
        return "seed"
    first = start.partition("\n")[0]
    try:
        is_line = isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return None
    return "jsonl" if is_line else None


def _keys(start: str) -> tuple[dict[str, None], set[str]]:
    """The keys of the document's object in their order, and those of its users, as far as it begins.

    The users are the objects of its list, of its list ``users``, or of its lines. What they have further down
    tells nothing: a user may have written it.
    """
    document: dict[str, None] = {}
    users: set[str] = set()
    in_list = start.startswith("[")
    depth, key = 0, ""
    for token in _TOKENS.finditer(start):
        if token[0] == '"':
            break  # a text that the piece cuts off
        depth += _STEPS.get(token[0], 0)
        if not token[1]:
            continue
        name = token[0][1:].partition('"')[0]
        if depth == 1 and not in_list:
            document[name] = None
            key = name
        if depth == (2 if in_list else 3 if key == "users" else 1):
            users.add(name)
    return document, users


def _plain(start: str) -> str | None:
    if _LDIF.match(start):
        return "ldif"
    first = next((line for line in start.splitlines() if not line.startswith("#")), "")
    if columns_of(first):
        return "csv"
    return "htpasswd" if _HTPASSWD.fullmatch(first) else None
