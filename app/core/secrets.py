"""Random values, digests, comparison in constant time, and sealed tokens.

To seal a payload is to sign it with HMAC: anybody can read it, and only a holder of the key can make it. Each
purpose has a salt, so a token of one purpose is not valid for another. Only this module imports
itsdangerous, and no exception of that library leaves it.
"""

import hashlib
import hmac
import secrets as random
from base64 import b64encode
from typing import NamedTuple

from itsdangerous import Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData
from itsdangerous.signer import SigningAlgorithm

# RFC 6750's token68 allows it, and base64url does not use it. Not a dot: AAA clients count dots.
SEPARATOR = "~"

# The longest secret that a client may send. No stored secret is longer, so a longer one matches none.
MAX_LENGTH = 512

# The two highest bits of the digit are 10 (RFC 9562 section 4.1), the others random.
_VARIANT = {f"{digit:x}": f"{8 | digit & 3:x}" for digit in range(16)}


def mint(nbytes: int = 32) -> str:
    """A random secret of ``nbytes`` bytes, base64url without padding (so without a dot)."""
    return random.token_urlsafe(nbytes)


def mint_hex(nbytes: int = 32) -> str:
    return random.token_hex(nbytes)


def mint_uuid() -> str:
    """A random UUID (RFC 9562 section 5.4): 122 random bits."""
    (minted,) = mint_uuids(1)
    return minted


def mint_uuids(number: int) -> list[str]:
    """So many of them from one call for random bytes: an import gives each user one."""
    digits = random.token_hex(16 * number)
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
        f"-{_VARIANT[digits[at + 16]]}{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, 32 * number, 32)
    ]


def mint_bytes(nbytes: int) -> bytes:
    return random.token_bytes(nbytes)


def mint_id() -> int:
    """A random 63-bit number, for row ids: it does not tell how many rows there are, and two never meet."""
    return random.randbits(63)


def digest(secret: str) -> bytes:
    """SHA-256 of a random secret, which is stored instead of it. 128 random bits need no salt.

    A secret of more than MAX_LENGTH characters is cut to one more than that. So the work is bounded, and its
    digest is none that is stored.
    """
    return hashlib.sha256(secret[: MAX_LENGTH + 1].encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


def mac(key: str, *parts: str) -> str:
    """HMAC-SHA256 of the parts under a random secret, base64url without padding."""
    message = "\0".join(parts).encode()
    return base64_encode(hmac.digest(key.encode(), message, "sha256")).decode()


class ImportedPepper(NamedTuple):
    """A secret that another system hashed passwords with, and in which form it did.

    It belongs to hashes that were imported. The service's own pepper is plain bytes.
    """

    form: str
    secret: bytes

    def applied(self, password: bytes) -> bytes:
        """What the other system's hash function got. Firebase's signer key is no part of the password."""
        match self.form:
            case "prefix":
                return self.secret + password
            case "suffix":
                return password + self.secret
            case "firebase":
                return password
        _, algorithm, notation = self.form.split("-")
        made = hmac.digest(self.secret, password, algorithm)
        return b64encode(made) if notation == "base64" else made.hex().encode()


# ``suffix`` is Devise's form, ``hmac-sha512-base64`` Flask-Security's.
PEPPER_FORMS = ("suffix", "prefix", "hmac-sha256-hex", "hmac-sha256-base64", "hmac-sha512-base64")


class HmacSha256(SigningAlgorithm):
    """HMAC-SHA256 in one call of OpenSSL: it takes a fifth of the time of ``hmac.new``."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


class Sealer:
    """Seals and opens payloads under one key."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._signers: dict[str, Signer] = {}

    def _signer(self, purpose: str) -> Signer:
        signer = self._signers.get(purpose)
        if signer is None:
            salted = Signer(
                self.secret,
                salt=f"watchword.{purpose}",
                key_derivation="hmac",
                digest_method=hashlib.sha256,
            )
            # The key is derived once here, not again for every token.
            signer = self._signers[purpose] = Signer(
                salted.derive_key(),
                sep=SEPARATOR,
                key_derivation="none",
                algorithm=HmacSha256(),
            )
        return signer

    def seal(self, purpose: str, payload: bytes) -> str:
        return self._signer(purpose).sign(base64_encode(payload)).decode()

    def opens(self, purpose: str, token: str) -> bool:
        """Whether ``token`` was sealed for ``purpose`` under this key.

        The signature is compared as text, so that one token has exactly one spelling.
        """
        value, _, signature = token.encode().rpartition(SEPARATOR.encode())
        return same(self._signer(purpose).get_signature(value), signature)


def payload_of(token: str) -> bytes | None:
    """The payload of a sealed token, unverified; None if it is not of that form."""
    value, separator, _ = token.partition(SEPARATOR)
    try:
        return base64_decode(value) if separator else None
    except BadData:
        return None
