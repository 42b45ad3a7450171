"""Signing keys: sealing keys, JWT keys and password peppers, stored encrypted (wrapped) in the database.

The first secret of ``WATCHWORD_SECRET_KEYS`` wraps them, and any of its secrets unwraps. So a stolen copy
of the database is not enough to forge a token. To rotate a key is to insert a row, which every worker reads
while it serves. Each use has one current key, the newest. Older keys go on verifying until they are
retired.
"""

import base64
import hashlib
import hmac
import threading
import uuid
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import bindparam, insert, select, text, update

from ...store.models import SigningKey
from ...store.store import Store, Writing
from .. import secrets
from ..clock import Clock
from ..refusals import Refusal, Refused
from . import jwt
from .keyring import IMPORTED, Keyring, KeyRow, KeysUnusable, Use, ring_of

# A token with an unknown key id makes a worker read the keys again. Forged tokens cannot cause more reads.
RELOAD_AT_MOST_EVERY_SECONDS = 1.0

_ROWS = select(
    SigningKey.id,
    SigningKey.kid,
    SigningKey.use,
    SigningKey.algorithm,
    SigningKey.wrapped,
    SigningKey.created_at,
    SigningKey.retired_at,
).order_by(SigningKey.id)
_INSERT = insert(SigningKey).inline()
_WRAP = (
    update(SigningKey)
    .where(SigningKey.id == bindparam("key_id"))
    .values(wrapped=bindparam("replacement"))
)
_RETIRE = (
    update(SigningKey)
    .where(SigningKey.kid == bindparam("of"), SigningKey.retired_at.is_(None))
    .values(retired_at=bindparam("now"))
)
_LOCK = text("LOCK TABLE signing_keys IN EXCLUSIVE MODE")


class Keys:
    """The keys of one process; ``ring`` is the current snapshot.

    ``fault`` tells the operator why this process cannot use one of them; None if it can use all.
    """

    def __init__(
        self, store: Store, clock: Clock, secret_keys: Sequence[str], algorithm: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._wrap = MultiFernet([Fernet(fernet_key(secret)) for secret in secret_keys])
        # The oldest secret is the one that a rotation keeps for a while.
        self._decoy_key = hashlib.sha256(b"watchword.decoy:" + secret_keys[-1].encode()).digest()
        self._algorithm = algorithm
        self._lock = threading.Lock()
        self._loaded_at = float("-inf")
        self._ring: Keyring | None = None
        self._material: dict[int, bytes] = {}
        self.fault: str | None = None

    @property
    def ring(self) -> Keyring:
        if self._ring is None:
            self.load()
        assert self._ring is not None
        return self._ring

    def load(self) -> None:
        """Read the keys, and make those that are missing (at the first start).

        Raises KeysUnusable if a key cannot be unwrapped, StoreUnavailable if the database is away.
        """
        self.reload()
        if self.fault is not None:
            raise KeysUnusable(self.fault)

    def reload(self) -> None:
        """Read the keys again while serving. Retired keys are dropped even if another key has a fault.

        If a key cannot be unwrapped, ``fault`` says so. If it is still in memory, this process goes on using
        it: only its wrapping has changed. Raises what ``load`` raises if no keys were read before.
        """
        with self._lock:
            rows = self.rows()
            missing = self._missing(rows)
            if missing:
                with self._store.write() as writing:
                    # Two processes may start at once; only one of them finds the keys missing.
                    if self._store.backend == "postgresql":
                        writing.execute(_LOCK)
                    found = [KeyRow(*row) for row in writing.execute(_ROWS).all()]
                    for use in self._missing(found):
                        self._insert(writing, use)
                rows = self.rows()
            usable = [row for row in rows if row.retired_at is None]
            unwrapped = {row.id: self._unwrap(row) for row in usable}
            fault = next((_unwrappable(row) for row in usable if unwrapped[row.id] is None), None)
            if fault is not None and self._ring is None:
                raise fault
            self.fault = str(fault) if fault else None
            material = {id_: secret or self._material.get(id_) for id_, secret in unwrapped.items()}
            self._material = {id_: secret for id_, secret in material.items() if secret}
            self._ring = ring_of(rows, self._material, self._algorithm)
            self._loaded_at = self._clock.now()

    def reload_for_unknown(self) -> bool:
        """Read the keys again, as another process may have made one. False if they were read just now."""
        if abs(self._clock.now() - self._loaded_at) < RELOAD_AT_MOST_EVERY_SECONDS:
            return False
        self.reload()
        return True

    def sealer(self, key_id: int) -> secrets.Sealer | None:
        """The sealing key with that id, if it exists and is not retired."""
        found = self.ring.seals.get(key_id)
        if found is None and self.reload_for_unknown():
            found = self.ring.seals.get(key_id)
        return found

    def jwt_key(self, key_id: int) -> jwt.JwtKey | None:
        found = self.ring.jwts.get(key_id)
        if found is None and self.reload_for_unknown():
            found = self.ring.jwts.get(key_id)
        return found

    def decoy_point(self, name: str) -> str:
        """A text between two UUIDs that follows from the name, alike in every process. Nobody can tell it."""
        return hmac.digest(self._decoy_key, name.encode(), "sha256").hex()

    def pepper(self, key_id: int | None) -> bytes | secrets.ImportedPepper | None:
        """The pepper with this id; None for a password hash without one.

        Raises KeysUnusable if it is not there: the hash cannot be checked without it.
        """
        if key_id is None:
            return None
        if self.ring.pepper(key_id) is None:
            self.reload()
        found = self.ring.pepper(key_id)
        if found is None:
            raise KeysUnusable(f"pepper {key_id} is missing, or cannot be unwrapped")
        return found

    def import_pepper(self, pepper: secrets.ImportedPepper) -> int:
        """Keep a pepper that came with imported hashes. Returns its id: the old one if it is there."""
        if pepper not in self.ring.imported_peppers.values():
            with self._store.write() as writing:
                self._insert_row(writing, IMPORTED, pepper.form, pepper.secret)
            self.load()
        return next(id_ for id_, found in self.ring.imported_peppers.items() if found == pepper)

    def rows(self) -> list[KeyRow]:
        """All keys, oldest first, retired ones too."""
        return [KeyRow(*row) for row in self._store.read(_ROWS)]

    def rotate(self, use: Use, also: Callable[[Writing, str], None] | None = None) -> str:
        """Make a new current key for ``use``, and wrap all keys again under the newest secret. Returns the
        kid.

        ``also`` is called in the same transaction, with the kid. Raises KeysUnusable if a key cannot be
        unwrapped.
        """
        with self._store.write() as writing:
            kid = self._insert(writing, use)
            if also is not None:
                also(writing, kid)
            for row in [KeyRow(*row) for row in writing.execute(_ROWS).all()]:
                try:
                    wrapped = self._wrap.rotate(row.wrapped)
                except InvalidToken:
                    raise _unwrappable(row) from None
                writing.execute(_WRAP, {"key_id": row.id, "replacement": wrapped})
        self.load()
        return kid

    def retire(self, kid: str, also: Callable[[Writing, KeyRow], None] | None = None) -> KeyRow:
        """Stop verifying with the key. Raises Refused(NOT_FOUND), or KeysUnusable for a current one.

        ``also`` is called in the same transaction, with the key. A pepper is never retired, because the
        hashes that were made with it need it.
        """
        row = next((row for row in self.rows() if row.kid == kid), None)
        if row is None:
            raise Refused(Refusal.NOT_FOUND, "no such key")
        ring = self.ring
        if row.id in (ring.current_seal, ring.current_jwt) or row.use in ("pepper", IMPORTED):
            raise KeysUnusable("this key is in use: rotate first (a pepper cannot be retired)")
        with self._store.write() as writing:
            writing.execute(_RETIRE, {"of": kid, "now": self._clock.now()})
            if also is not None:
                also(writing, row)
        self.load()
        return row

    def _missing(self, rows: list[KeyRow]) -> list[Use]:
        active = {(row.use, row.algorithm) for row in rows if row.retired_at is None}
        wanted: dict[Use, str] = {"seal": "HS256", "jwt": self._algorithm}
        return [use for use, algorithm in wanted.items() if (use, algorithm) not in active]

    def _insert(self, writing: Writing, use: Use) -> str:
        algorithm = self._algorithm if use == "jwt" else "HS256"
        secret = jwt.generate(algorithm) if use == "jwt" else secrets.mint_bytes(32)
        return self._insert_row(writing, use, algorithm, secret)

    def _insert_row(self, writing: Writing, use: str, algorithm: str, secret: bytes) -> str:
        kid = str(uuid.uuid4())
        writing.execute(
            _INSERT,
            {
                "kid": kid,
                "use": use,
                "algorithm": algorithm,
                "wrapped": self._wrap.encrypt(secret),
                "created_at": self._clock.now(),
            },
        )
        return kid

    def _unwrap(self, row: KeyRow) -> bytes | None:
        try:
            return self._wrap.decrypt(row.wrapped)
        except InvalidToken:
            return None


def fernet_key(secret: str) -> bytes:
    """The Fernet key that wraps the stored keys, made from one of the service's secret keys."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"watchword.wrap:" + secret.encode()).digest())


def _unwrappable(row: KeyRow) -> KeysUnusable:
    return KeysUnusable(
        f"signing key {row.kid} was wrapped under a secret that is not in WATCHWORD_SECRET_KEYS:"
        " put the old secret back, behind the new one"
    )
