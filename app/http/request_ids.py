"""``X-Request-ID``: the caller's own, if it is safe to print, so that logs on both sides can be joined."""

import re
import secrets

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,127}", re.ASCII)


def request_id(given: str | None) -> str:
    """The given id if it is safe in a log line and a header, else a fresh one of 32 hex digits."""
    return given if given and _SANE.fullmatch(given) else secrets.token_hex(16)
