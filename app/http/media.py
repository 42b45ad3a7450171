"""Media types: what a Content-Type says, and which charsets are accepted."""

from functools import lru_cache

from werkzeug.http import parse_options_header

# What clients of these APIs send. A client must not choose among all of Python's codecs.
CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}

# Longer than any real media type with its parameters. A longer one is treated as absent.
MAX_LENGTH = 256


def media_type(content_type: str | None) -> str:
    """The type without its parameters, in lower case; "" if there is none."""
    return _parsed(content_type)[0] if content_type and len(content_type) <= MAX_LENGTH else ""


def charset(content_type: str | None) -> str | None:
    """The ``charset`` parameter in lower case, None if there is none."""
    return _parsed(content_type)[1] if content_type and len(content_type) <= MAX_LENGTH else None


@lru_cache(maxsize=128)
def _parsed(content_type: str) -> tuple[str, str | None]:
    name, parameters = parse_options_header(content_type)
    value = parameters.get("charset")
    return name.lower(), value.lower() if value else None
