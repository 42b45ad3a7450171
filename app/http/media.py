"""Media types: what a Content-Type says and which text it may wrap."""

from functools import lru_cache

from werkzeug.http import parse_options_header

# What clients of these APIs send. Nobody is let choose among all of Python's codecs.
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


@lru_cache(maxsize=128)
def media_type(content_type: str | None) -> str:
    """The type without its parameters, in lower case; "" if there is none."""
    return parse_options_header(content_type)[0].lower() if content_type else ""


@lru_cache(maxsize=128)
def charset(content_type: str | None) -> str | None:
    """The ``charset`` parameter in lower case, None if there is none."""
    value = parse_options_header(content_type)[1].get("charset") if content_type else None
    return value.lower() if value else None
