"""Users with hashes of several systems, as after an import, for ``benchmarks.timing --foreign``.

An unknown name is compared with the hash of a user that follows from the name. So a wrong password of a user
with a kind of hash is compared with unknown names that meet the same kind: to tell a user from a stranger by
the time, an attacker would have to tell these two. That kinds differ tells what kinds there are.
"""

import hashlib
import os
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable

import bcrypt
from sqlalchemy import bindparam, update

from app.core.audit import Origin
from app.core.identities import identity, registration
from app.core.passwords.foreign import reading
from app.store.models import User

from . import data
from .timing_doors import DOORS, Row

OF_EACH = 12
STRANGERS = 1_500
ORIGIN = Origin("cli")
_SET = update(User).where(User.id == bindparam("uid")).values(password_hash=bindparam("encoded"))


def _pbkdf2(secret: bytes) -> str:
    key = hashlib.pbkdf2_hmac("sha256", secret, b"a-salt-of-django", 600_000)
    return f"pbkdf2_sha256$600000$a-salt-of-django${b64encode(key).decode()}"


def _scrypt(secret: bytes) -> str:
    key = hashlib.scrypt(secret, salt=b"werkzeug", n=32_768, r=8, p=1, maxmem=64 * 1024 * 1024)
    return f"scrypt:32768:8:1$werkzeug${key.hex()}"


def _ssha(secret: bytes) -> str:
    salt = os.urandom(8)
    digest = hashlib.sha1(secret + salt, usedforsecurity=False).digest()
    return f"{{SSHA}}{b64encode(digest + salt).decode()}"


def _bcrypt(secret: bytes) -> str:
    return bcrypt.hashpw(secret, bcrypt.gensalt(10)).decode()


KINDS: dict[str, Callable[[bytes], str] | None] = {
    "argon2id": None,
    "bcrypt, 10": _bcrypt,
    "PBKDF2, 600,000": _pbkdf2,
    "scrypt, 2^15": _scrypt,
    "salted SHA-1": _ssha,
}


def rows(database: data.Database) -> list[Row]:
    """For each kind of hash, users who have it and strangers who meet it, at the console and at AAA."""
    known: dict[str, list[str]] = defaultdict(list)
    unknown: dict[str, list[str]] = defaultdict(list)
    kind_of: dict[str, str] = {}
    with data.application(database) as core:
        for kind, make in KINDS.items():
            for number in range(OF_EACH):
                name = f"existing-{len(kind_of):04}"
                email = f"{name}@example.com"
                uid = registration.register(core, name, email, data.new_secret(), ORIGIN)
                if make is not None:
                    encoded = reading.read(make(f"secret-{number}".encode()))
                    with core.store.write() as writing:
                        writing.execute(_SET, {"uid": uid, "encoded": encoded})
                kind_of[identity.get(core, uid).password_hash] = kind
                known[kind].append(name)
        for number in range(STRANGERS):
            name = f"stranger-{number:04}"
            decoy = identity.decoy(core, name)
            assert decoy is not None, "there are users"
            unknown[kind_of[decoy.password_hash]].append(name)
    return [
        Row(f"{kind}, {door}", DOORS[door], known[kind], unknown[kind])
        for kind in KINDS
        for door in ("AAA login", "console")
    ]
