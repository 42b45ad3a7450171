"""Read a password hash as its system writes it: a table from the beginning of the text to a scheme.

Each reader returns the form in which the hash is stored (``schemes``), or raises Unreadable.
"""

import re
from collections.abc import Callable, Mapping

from . import braces
from .building import DIGESTS, Salted, argon2, pbkdf2, salted, scrypt
from .encoding import Unreadable, decoded, encoded, fields, from_hex, number

Reader = Callable[[str], str]

# What ``building`` has made already.
_STORED = re.compile(
    r"\$(?:pbkdf2-\w+\$i=|scrypt\$ln=\d+,r=\d+,p=\d+,l=|(?:raw|bcrypt)\+|(?:digest|hmac)-|firebase\$)",
    re.ASCII,
)
_ARGON2 = re.compile(
    r"\$argon2(?P<type>id|i|d)(?:\$v=(?P<v>\d{1,9}))?\$m=(?P<m>\d{1,9}),t=(?P<t>\d{1,9}),p=(?P<p>\d{1,9})"
    r"\$(?P<salt>[^$]+)\$(?P<digest>[^$]+)",
    re.ASCII,
)


def read(text: str) -> str:
    """The stored form of a hash in any of the known notations, or in its stored form. Raises Unreadable."""
    if not text.isascii():
        _encodable(text)
    if _STORED.match(text):
        return text
    for prefix in _BY_START.get(text[:2], ()):
        if text.startswith(prefix):
            return PREFIXES[prefix](text)
    if in_braces := braces.TEXT.fullmatch(text):
        return braces.read(in_braces, read)
    if re.fullmatch(r"[0-9A-Fa-f]+", text, re.ASCII):
        return _bare(text)
    return _aspnet(text)


def _encodable(text: str) -> None:
    """Raises Unreadable for halves of surrogate pairs, which stand for bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unreadable("is not UTF-8") from None


def _argon2(text: str) -> str:
    match = _ARGON2.fullmatch(text)
    if match is None:
        raise Unreadable("is not Argon2 as its reference implementation writes it")
    numbers = (int(match[name] or 16) for name in ("v", "m", "t", "p"))
    salt, digest = decoded(match["salt"]), decoded(match["digest"])
    return argon2(match["type"], *numbers, salt=salt, digest=digest)


def _as_it_is(text: str) -> str:
    return text


def _after(prefix: str, reader: Reader) -> Reader:
    return lambda text: reader(text.removeprefix(prefix))


def _prehashed(prehash: str, prefix: str) -> Reader:
    return lambda text: f"$bcrypt+{prehash}${text.removeprefix(prefix).lstrip('$')}"


def _passlib_bcrypt_sha256(text: str) -> str:
    """Version 2 is ``$bcrypt-sha256$v=2,t=2b,r=12$salt$digest``, version 1 has ``2b,12`` for its costs."""
    _, _, costs, salt, digest = fields(text, "$", 5)
    found = re.fullmatch(r"(v=2,t=)?(2[ab]),(?:r=)?(\d{1,2})", costs, re.ASCII)
    if found is None:
        raise Unreadable("is of a version of bcrypt-sha256 that is not known")
    prehash = "hmac-sha256" if found[1] else "sha256-b64"
    return f"$bcrypt+{prehash}${found[2]}${int(found[3]):02}${salt}{digest}"


def _django_pbkdf2(text: str) -> str:
    name, rounds, salt, digest = fields(text, "$", 4)
    return pbkdf2(name.removeprefix("pbkdf2_"), number(rounds), salt.encode(), decoded(digest))


def _werkzeug_pbkdf2(text: str) -> str:
    method, salt, digest = fields(text, "$", 3)
    _, algorithm, rounds = fields(method, ":", 3)
    return pbkdf2(algorithm, number(rounds), salt.encode(), from_hex(digest))


def _passlib_pbkdf2(text: str) -> str:
    _, name, rounds, salt, digest = fields(text, "$", 5)
    algorithm = name.removeprefix("pbkdf2").removeprefix("-") or "sha1"
    return pbkdf2(algorithm, number(rounds), decoded(salt), decoded(digest))


def _werkzeug_scrypt(text: str) -> str:
    method, salt, digest = fields(text, "$", 3)
    _, n, r, p = fields(method, ":", 4)
    return scrypt(number(n), number(r), number(p), salt.encode(), from_hex(digest))


def _django_scrypt(text: str) -> str:
    _, n, salt, r, p, digest = fields(text, "$", 6)
    return scrypt(number(n), number(r), number(p), salt.encode(), decoded(digest))


def _passlib_scrypt(text: str) -> str:
    _, _, costs, salt, digest = fields(text, "$", 5)
    found = re.fullmatch(r"ln=(\d{1,2}),r=(\d{1,5}),p=(\d{1,5})", costs, re.ASCII)
    if found is None:
        raise Unreadable("is not scrypt as passlib writes it")
    n, r, p = (int(part) for part in found.groups())
    return scrypt(1 << n, r, p, decoded(salt), decoded(digest))


def _django_digest(text: str) -> str:
    algorithm, salt, digest = fields(text, "$", 3)
    return salted(Salted(algorithm, from_hex(digest), salt.encode()))


def _werkzeug_hmac(text: str) -> str:
    """Werkzeug before 2.3: HMAC with the salt as its key, or the bare digest without a salt."""
    algorithm, salt, digest = fields(text, "$", 3)
    plain = salted(Salted(algorithm, from_hex(digest)))
    return (
        f"$hmac-{algorithm}${encoded(salt.encode())}${plain.rsplit('$', 1)[1]}" if salt else plain
    )


def _bare(text: str) -> str:
    digest = bytes.fromhex(text) if len(text) % 2 == 0 else b""
    algorithm = next((name for name, size in DIGESTS.items() if size == len(digest)), "")
    return salted(Salted(algorithm, digest))


_ASPNET_HASHES = ("sha1", "sha256", "sha512")


def _aspnet(text: str) -> str:
    """ASP.NET Identity: Base64 of a version byte, costs, salt and digest."""
    unknown = Unreadable("is of a kind that is not known")
    try:
        data = decoded(text)
    except Unreadable:
        raise unknown from None
    if len(data) == 49 and data[0] == 0:
        return pbkdf2("sha1", 1_000, data[1:17], data[17:])
    if len(data) < 45 or data[0] != 1:
        raise unknown
    function, rounds, size = (int.from_bytes(data[at : at + 4]) for at in (1, 5, 9))
    if function >= len(_ASPNET_HASHES) or not 8 <= size <= len(data) - 13 - 16:
        raise unknown
    return pbkdf2(_ASPNET_HASHES[function], rounds, data[13 : 13 + size], data[13 + size :])


PREFIXES: Mapping[str, Reader] = {
    "$argon2": _argon2,
    "argon2$": _after("argon2", _argon2),
    "$2": _as_it_is,
    "bcrypt$": _after("bcrypt$", _as_it_is),
    "$bcrypt-sha256$": _passlib_bcrypt_sha256,
    "bcrypt_sha256$": _prehashed("sha256-hex", "bcrypt_sha256$"),
    "$wp$": _prehashed("wp-sha384", "$wp$"),
    "$pbkdf2": _passlib_pbkdf2,
    "pbkdf2_": _django_pbkdf2,
    "pbkdf2:": _werkzeug_pbkdf2,
    "$scrypt$": _passlib_scrypt,
    "scrypt$": _django_scrypt,
    "scrypt:": _werkzeug_scrypt,
    "$1$": _as_it_is,
    "$apr1$": _as_it_is,
    "$5$": _as_it_is,
    "$6$": _as_it_is,
    "$P$": _as_it_is,
    "$H$": _as_it_is,
    "md5$": _django_digest,
    "sha1$": _django_digest,
    "sha224$": _werkzeug_hmac,
    "sha256$": _werkzeug_hmac,
    "sha384$": _werkzeug_hmac,
    "sha512$": _werkzeug_hmac,
}
# The same, found faster: an import reads a million.
_BY_START = {
    start: tuple(prefix for prefix in PREFIXES if prefix.startswith(start))
    for start in {prefix[:2] for prefix in PREFIXES}
}
