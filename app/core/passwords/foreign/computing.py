"""How each scheme computes a digest from a password, as its system does.

A function takes the configuration, taken apart by its scheme's pattern, the password, and the pepper of the
old system. bcrypt, ``hashlib`` and argon2-cffi do the work. They release the interpreter's lock, and are
imported when the first such hash is met. What is pure Python runs in a process of its own (``apart``).
"""

import hashlib
import hmac
import re
from collections.abc import Callable

from ...secrets import ImportedPepper
from ..native import MAX_KIB
from . import apart
from .encoding import decoded, encoded

# What scrypt may need beyond MAX_KIB: with N = 2^18 and r = 8 its blocks take 3 KiB more than 256 MiB.
SCRYPT_EXTRA_KIB = 1024
# The work of crypt and phpass grows with the password. Nobody's is longer.
MAX_APART_BYTES = 256
BCRYPT_BYTES = 72
# Stands for the digest of a password that its scheme cannot have hashed. No hash has it.
NO_DIGEST = ""

Match = re.Match[str]

_BCRYPT64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def with_bcrypt(match: Match, password: bytes, pepper: ImportedPepper | None) -> str:
    """NO_DIGEST if a pepper stands in all the bytes that bcrypt reads: any password would be right."""
    import bcrypt

    prehash = match["prehash"] or ""
    key = PREHASHES[prehash](match, password)
    # The last character of a salt has two bits that count. Some systems leave others in it.
    config = match["bcrypt"]
    config = config[:-1] + _BCRYPT64[_BCRYPT64.index(config[-1]) & 0b110000]
    # bcrypt reads BCRYPT_BYTES at most. Systems cut the rest off, and so does this.
    digest = bcrypt.hashpw(key[:BCRYPT_BYTES], config.encode()).decode()[29:]
    is_covered = (
        pepper is not None and pepper.form == "prefix" and len(pepper.secret) >= BCRYPT_BYTES
    )
    return NO_DIGEST if is_covered and not prehash else digest


def _hmac_of_salt(match: Match, password: bytes) -> bytes:
    return _base64(hmac.digest(match["salt"].encode(), password, "sha256"))


def _base64(data: bytes) -> bytes:
    text = encoded(data).encode()
    return text + b"=" * (-len(text) % 4)


PREHASHES: dict[str, Callable[[Match, bytes], bytes]] = {
    "": lambda _match, password: password,
    # passlib's bcrypt_sha256, versions 1 and 2
    "sha256-b64": lambda _match, password: _base64(hashlib.sha256(password).digest()),
    "hmac-sha256": _hmac_of_salt,
    # Django's BCryptSHA256PasswordHasher
    "sha256-hex": lambda _match, password: hashlib.sha256(password).hexdigest().encode(),
    # WordPress 6.8
    "wp-sha384": lambda _match, password: _base64(hmac.digest(b"wp-sha384", password, "sha384")),
}


def pbkdf2(match: Match, password: bytes, _pepper: ImportedPepper | None) -> str:
    salt, size = decoded(match["salt"]), int(match["l"])
    return encoded(hashlib.pbkdf2_hmac(match["hash"], password, salt, int(match["i"]), size))


def _scrypt_raw(match: Match, password: bytes, size: int) -> bytes:
    return hashlib.scrypt(
        password,
        salt=decoded(match["salt"]),
        n=1 << int(match["ln"]),
        r=int(match["r"]),
        p=int(match["p"]),
        maxmem=(MAX_KIB + SCRYPT_EXTRA_KIB) << 10,
        dklen=size,
    )


def scrypt(match: Match, password: bytes, _pepper: ImportedPepper | None) -> str:
    return encoded(_scrypt_raw(match, password, int(match["l"])))


def firebase(match: Match, password: bytes, pepper: ImportedPepper | None) -> str:
    """The project's signer key, encrypted under what scrypt makes of the password (AES-256 in CTR mode)."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    signer = pepper.secret if pepper is not None else b""
    key = _scrypt_raw(match, password, 32)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return encoded(encryptor.update(signer) + encryptor.finalize())


def argon2(match: Match, password: bytes, _pepper: ImportedPepper | None) -> str:
    from argon2.low_level import Type, hash_secret_raw

    return encoded(
        hash_secret_raw(
            password,
            decoded(match["salt"]),
            time_cost=int(match["t"]),
            memory_cost=int(match["m"]),
            parallelism=int(match["p"]),
            hash_len=int(match["l"]),
            type={"i": Type.I, "d": Type.D, "id": Type.ID}[match["type"]],
            version=int(match["v"]),
        )
    )


def digest(match: Match, password: bytes, _pepper: ImportedPepper | None) -> str:
    salt = decoded(match["salt"])
    data = salt + password if match["order"] == "sp" else password + salt
    return encoded(hashlib.new(match["hash"], data, usedforsecurity=False).digest())


def keyed(match: Match, password: bytes, _pepper: ImportedPepper | None) -> str:
    return encoded(hmac.digest(decoded(match["salt"]), password, match["hash"]))


def in_a_process(match: Match, password: bytes, _pepper: ImportedPepper | None) -> str:
    """NO_DIGEST for a password that is too long, or has NULs: at the cost of a hash."""
    is_none = len(password) > MAX_APART_BYTES or b"\0" in password
    config = match[0]
    text = apart.compute(config, b"" if is_none else password)
    return NO_DIGEST if is_none else text[len(text) - DIGEST_SIZES[match["kind"]] :]


# The length of the digest in the texts of crypt and phpass.
DIGEST_SIZES = {"1": 22, "apr1": 22, "5": 43, "6": 86, "P": 22, "H": 22}
