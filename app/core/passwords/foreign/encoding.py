"""Base64 as the systems write it, and as a stored hash has it."""

import base64
import binascii
import re

# The standard alphabet without padding, as PHC strings have it.
B64 = "[A-Za-z0-9+/]"
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)


class Unreadable(Exception):
    """A hash that cannot be taken. The text says why, and never quotes the hash."""


def encoded(data: bytes) -> str:
    """Standard Base64 without padding."""
    return base64.b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Base64 of any alphabet (standard, URL-safe, passlib's), with or without padding. Raises Unreadable."""
    body = text.rstrip("=").replace("-", "+").replace(".", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("has a part that is not Base64") from None


def from_hex(text: str) -> bytes:
    """Raises Unreadable."""
    if not _HEX.fullmatch(text):
        raise Unreadable("has a part that is not hexadecimal")
    return bytes.fromhex(text)


def fields(text: str, separator: str, number: int) -> list[str]:
    """Raises Unreadable if there are not so many."""
    found = text.split(separator)
    if len(found) != number:
        raise Unreadable("has too few or too many parts")
    return found


def number(text: str) -> int:
    """Raises Unreadable."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Unreadable("has a cost that is not a number")
    return int(text)
