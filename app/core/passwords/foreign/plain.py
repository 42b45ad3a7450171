"""Tell a hash from a plain password. A column called ``password`` has the one or the other.

A hash that is taken for a password becomes one: whoever has read it in the old database logs in with it.
"""

import re

from ..native import MAX_STORED
from .building import DIGESTS
from .encoding import Unreadable
from .reading import read
from .stored import accepted

# A digest without any mark. A machine may have made a password like it.
_BARE = re.compile("|".join(f"[0-9A-Fa-f]{{{2 * size}}}" for size in DIGESTS.values()), re.ASCII)
# How a hash begins, also one that is not known here or cut off: with a sign that locks it, in the notation of
# crypt, LDAP (and Spring), Django (and Werkzeug) or ASP.NET. Django writes "!" and 40 characters for no
# password, and MySQL "*" and 40 digits for a hash.
_MARKED = re.compile(
    r"(?:!|\*LK\*|\*)*(?:"
    r"\$[\w+-]{1,32}\$\S{16}"
    r"|\{(?:S?MD[45]|S?SHA[\w-]*|(?:|B|S)CRYPT[\w@-]*|(?:ARGON|PBKDF)2[\w@-]*|NTLM|NOOP|LDAP|X-[\w-]+)\}\S"
    r"|(?:pbkdf2|scrypt|argon2|bcrypt|md5|sha\d|hmac)[\w-]{0,20}[$:]\S{0,200}[$:]\S{16}"
    r"|AQAAAA[A-Za-z0-9+/]{50}"
    r")|[!*][0-9A-Za-z]{32}",
    re.ASCII | re.IGNORECASE,
)


def hash_in(password: str) -> str | None:
    """The stored form of a hash that stands where a plain password may; None for a plain password.

    Raises Unreadable for what looks like a hash and cannot be taken.
    """
    if len(password) > MAX_STORED:
        return None
    if _BARE.fullmatch(password):
        raise Unreadable(
            "looks like a digest in hexadecimal: if it is one, its field is password_hash"
        )
    try:
        stored = read(password)
        accepted(stored)
    except Unreadable as fault:
        if _MARKED.match(password):
            raise Unreadable(f"looks like a hash that {fault}") from None
        return None
    return stored
