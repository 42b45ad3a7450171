"""htpasswd: ``name:hash`` a line. A name that is no e-mail address needs ``--email-domain``."""

from typing import BinaryIO

from ..records import MAX_LINE, Fault, Format, Read, Record, each
from .documents import lines


def _user(place: str, line: bytes | None) -> Record | None:
    if line is None:
        raise Fault(f"is longer than {MAX_LINE:,} bytes")
    if line.startswith(b"#"):
        return None
    name, colon, hash_ = line.decode(errors="surrogateescape").partition(":")
    if not colon:
        raise Fault("has no colon")
    return Record(place, name, hash=hash_)


def read(stream: BinaryIO) -> Read:
    return each(lines(stream), _user)


FORMAT = Format("htpasswd", "Apache's htpasswd", read)
