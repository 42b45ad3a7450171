"""Keycloak: a realm export, or one of its files of users. Realm roles become roles."""

import json
from functools import lru_cache
from typing import Any, BinaryIO

from ...passwords import foreign
from ..records import Entry, Fault, Format, Read, Record, each, mapping, number, text, words
from ..states import disabled_until
from .documents import items

_EVERYBODYS = ("offline_access", "uma_authorization")
# Characters; what is longer is not kept in memory.
_SHORT = 500
_ARGON2_VERSIONS = {"1.0": 16, "1.3": 19}


def user(place: str, entry: Any) -> Record | None:
    """None for a service account, which has no password. Raises Fault and foreign.Unreadable."""
    entry = mapping(entry)
    if text(entry, "serviceAccountClientId"):
        return None
    # Those of a person; Keycloak gives the others to everybody, or keeps them for itself.
    roles = [
        role
        for role in words(entry, "realmRoles")
        if role not in _EVERYBODYS and not role.startswith("default-roles-")
    ]
    return Record(
        place,
        text(entry, "username"),
        text(entry, "email"),
        hash=_hash(entry),
        roles=frozenset(roles),
        disabled_until=disabled_until(entry),
        password_expired="UPDATE_PASSWORD" in words(entry, "requiredActions"),
        uuid=text(entry, "id"),  # the `sub` of its tokens
    )


def _hash(entry: Entry) -> str | None:
    credentials = entry.get("credentials")
    for credential in credentials if isinstance(credentials, list) else ():
        if isinstance(credential, dict) and credential.get("type") == "password":
            if hashed := text(credential, "hashedSaltedValue"):
                # As it was exported by older versions.
                return _stored({**credential, "value": hashed}, credential)
            secret = _inner("secretData", text(credential, "secretData") or "")
            costs = text(credential, "credentialData") or ""
            return _stored(
                secret, _costs(costs) if len(costs) < _SHORT else _inner("credentialData", costs)
            )
    return None


def _inner(name: str, value: str) -> Entry:
    """Keycloak keeps JSON in a text of the JSON."""
    try:
        return mapping(json.loads(value))
    except (ValueError, RecursionError):
        raise Fault(f"{name} is not JSON") from None


@lru_cache(64)
def _costs(value: str) -> Entry:
    """The costs of a hash. Whole realms have the same, letter by letter."""
    return _inner("credentialData", value)


def _stored(secret: Entry, costs: Entry) -> str:
    algorithm = text(costs, "algorithm") or ""
    digest = foreign.decoded(text(secret, "value") or "")
    salt = foreign.decoded(text(secret, "salt") or "")
    rounds = number(costs, "hashIterations")
    if algorithm.startswith("pbkdf2"):
        name = algorithm.removeprefix("pbkdf2").removeprefix("-") or "sha1"
        return foreign.pbkdf2(name, rounds, salt, digest)
    if algorithm == "argon2":
        more = costs.get("additionalParameters")
        found = {
            key: value[0]
            for key, value in mapping(more).items()
            if isinstance(value, list) and value
        }
        version = _ARGON2_VERSIONS.get(text(found, "version") or "1.3", 0)
        memory, lanes = number(found, "memory"), number(found, "parallelism")
        variant = text(found, "type") or "id"
        return foreign.argon2(variant, version, memory, rounds, lanes, salt=salt, digest=digest)
    raise Fault("has a password of an algorithm that is not known")


def read(stream: BinaryIO) -> Read:
    return each(items(stream, "users", "users"), user)


FORMAT = Format("keycloak", "Keycloak's realm export", read)
