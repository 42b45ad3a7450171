"""The kinds of foreign password hashes: a table.

A foreign hash is stored as ``$kind$configuration$digest``. The configuration has everything that the system
hashed with besides the password. To verify is to compute the digest again (``computing``) and to compare.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from ...secrets import ImportedPepper
from ..native import LoginCost
from . import computing, costs
from .building import DIGESTS
from .costs import Match
from .encoding import B64, Unreadable

Compute = Callable[[Match, bytes, ImportedPepper | None], str]


class Scheme(NamedTuple):
    """``config`` matches the stored text without its last part, ``digest`` the last part."""

    config: re.Pattern[str]
    digest: re.Pattern[str]
    compute: Compute
    cost: Callable[[Match], LoginCost]
    is_weak: Callable[[Match], bool]
    separator: str


def _scheme(
    config: str,
    digest: str,
    compute: Compute,
    cost: Callable[[Match], LoginCost],
    is_weak: Callable[[Match], bool],
    *,
    separator: str = "$",
) -> Scheme:
    return Scheme(
        re.compile(config, re.ASCII),
        re.compile(digest, re.ASCII),
        compute,
        cost,
        is_weak,
        separator,
    )


_HASH = "(?P<hash>md5|sha1|sha224|sha256|sha384|sha512)"
_PREHASH = "|".join(filter(None, computing.PREHASHES))
_SALT = rf"\$(?P<salt>{B64}*)"
_ANY = f"{B64}{{11,}}"  # 8 bytes or more
_CRYPT64 = "[./0-9A-Za-z]"


def _number(name: str, digits: int) -> str:
    return rf"{name}=(?P<{name}>[1-9]\d{{0,{digits - 1}}})"


_SCRYPT = ",".join((_number("ln", 2), _number("r", 5)))
_ARGON2 = ",".join((_number("m", 9), _number("t", 9), _number("p", 4), _number("l", 3)))

SCHEMES: tuple[Scheme, ...] = (
    _scheme(
        rf"(?:\$bcrypt\+(?P<prehash>{_PREHASH}))?"
        rf"(?P<bcrypt>\$2[aby]\$(?P<rounds>0[4-9]|[12]\d|3[01])\$(?P<salt>{_CRYPT64}{{22}}))",
        rf"{_CRYPT64}{{31}}",
        computing.with_bcrypt,
        costs.of_bcrypt,
        costs.weak_bcrypt,
        separator="",
    ),
    _scheme(
        rf"\$pbkdf2-{_HASH}\${_number('i', 9)},{_number('l', 3)}{_SALT}",
        _ANY,
        computing.pbkdf2,
        costs.of_pbkdf2,
        costs.weak_pbkdf2,
    ),
    _scheme(
        rf"\$scrypt\${_SCRYPT},{_number('p', 5)},{_number('l', 3)}{_SALT}",
        _ANY,
        computing.scrypt,
        costs.of_scrypt,
        costs.weak_scrypt,
    ),
    _scheme(
        rf"\$firebase\${_SCRYPT},p=(?P<p>1){_SALT}",
        _ANY,
        computing.firebase,
        costs.of_scrypt,
        costs.never_weak,
    ),
    _scheme(
        rf"\$raw\+argon2(?P<type>id|i|d)\$v=(?P<v>16|19),{_ARGON2}\$(?P<salt>{_ANY})",
        f"{B64}{{6,}}",
        computing.argon2,
        costs.of_argon2,
        costs.never_weak,
    ),
    *(
        _scheme(
            rf"\$(?P<kind>{kind})\$(?:rounds=(?P<rounds>[1-9]\d{{3,8}})\$)?{_CRYPT64}{{0,16}}",
            rf"{_CRYPT64}{{{computing.DIGEST_SIZES[kind]}}}",
            computing.in_a_process,
            costs.of_sha_crypt,
            costs.always_weak,
        )
        for kind in ("5", "6")
    ),
    _scheme(
        rf"\$(?P<kind>1|apr1)\${_CRYPT64}{{0,8}}",
        rf"{_CRYPT64}{{22}}",
        computing.in_a_process,
        lambda _match: costs.MD5_CRYPT,
        costs.always_weak,
    ),
    _scheme(
        rf"\$(?P<kind>[PH])\$(?P<log>[5-9A-S]){_CRYPT64}{{8}}",
        rf"{_CRYPT64}{{22}}",
        computing.in_a_process,
        costs.of_phpass,
        costs.always_weak,
        separator="",
    ),
    _scheme(
        rf"\$digest-{_HASH}\$(?P<order>ps|sp){_SALT}",
        _ANY,
        computing.digest,
        lambda _match: costs.NOTHING,
        costs.always_weak,
    ),
    _scheme(
        rf"\$hmac-{_HASH}{_SALT}",
        _ANY,
        computing.keyed,
        lambda _match: costs.NOTHING,
        costs.always_weak,
    ),
)


class Parsed(NamedTuple):
    """A stored hash, taken apart."""

    scheme: Scheme
    match: Match
    digest: str

    @property
    def cost(self) -> LoginCost:
        """Raises Unreadable for parameters that no library would compute."""
        return self.scheme.cost(self.match)

    @property
    def is_weak(self) -> bool:
        """Whether a guess is cheap for who has a copy of the database."""
        return self.scheme.is_weak(self.match)

    def compute(self, password: bytes, pepper: ImportedPepper | None) -> str:
        return self.scheme.compute(self.match, password, pepper)


def parsed(stored: str) -> Parsed:
    """Raises Unreadable for a text that is no stored hash of a known kind."""
    for scheme in SCHEMES:
        match = scheme.config.match(stored)
        if match is None or not stored.startswith(scheme.separator, match.end()):
            continue
        digest = stored[match.end() + len(scheme.separator) :]
        if scheme.digest.fullmatch(digest) and _has_its_length(digest, match):
            return Parsed(scheme, match, digest)
    raise Unreadable("is of a kind that is not known, or is cut off")


def without_digest(config: str) -> Parsed:
    """The same for a text whose digest was taken off. Raises Unreadable."""
    for scheme in SCHEMES:
        if match := scheme.config.fullmatch(config):
            return Parsed(scheme, match, "")
    raise Unreadable("is of a kind that is not known")


def _has_its_length(digest: str, match: Match) -> bool:
    """Whether a digest in Base64 is as long as its configuration or its hash function says."""
    said = match.groupdict()
    size = said.get("l") or DIGESTS.get(said.get("hash") or "")
    return size is None or len(digest) * 3 // 4 == int(size)
