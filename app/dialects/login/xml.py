"""Reads and writes XML as flat as in the API's samples.

A document is read as events and not as a tree, so its 64 KiB bound its cost. A DTD is refused, so there are
no entities (XXE, entity expansion). Prefixes are cut off and not resolved, because a long namespace would
be repeated in every expanded name (amplification).
"""

import codecs
import re
from collections.abc import Container, Mapping
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape
from xml.sax.xmlreader import AttributesImpl

from defusedxml.expatreader import DefusedExpatParser

from ...core.refusals import Refused
from ...http.bodies import Fields
from ...http.http_refusals import HttpRefusal
from ...http.media import CHARSETS

MAX_DEPTH = 16
MAX_TAG_CHARACTERS = 4_096
WHITE_SPACE = " \t\r\n"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The first character of a document is "<", so its UTF-16 form shows without a byte order mark.
_UTF16_STARTS = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_DECLARED = re.compile(rb"<\?xml[^>]{1,200}?encoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)[\"']")


class _Unreadable(ValueError):
    """The document may be well-formed, but is not what this API accepts."""


def parse(
    raw: bytes, encoding: str | None, root: str, known: Container[str] | None = None
) -> Fields:
    """The children of the root element by local name: text, or {} where one has children itself.

    White space around a text is ignored. No child may be repeated; with ``known``, none of those. Raises
    Refused(BODY_MALFORMED), and MEDIA_TYPE_UNSUPPORTED for an unknown ``charset``.
    """
    reader = _Reader(root, known)
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(reader)
    text = decoded(raw, encoding)
    try:
        # If expat is fed with text, it ignores the declared encoding.
        parser.feed(text)
        parser.close()
    except _Unreadable as fault:
        raise Refused(HttpRefusal.BODY_MALFORMED, str(fault)) from None
    except (SAXException, ValueError):
        raise Refused(HttpRefusal.BODY_MALFORMED, "the body is not valid XML") from None
    return reader.fields


def decoded(raw: bytes, encoding: str | None) -> str:
    """The document as text: by byte order mark, ``charset``, or declaration (RFC 7303 section 3)."""
    codec = next((codec for bom, codec in _BOMS if raw.startswith(bom)), None)
    try:
        return raw.decode(codec or _codec(raw, encoding))
    except ValueError:
        raise Refused(HttpRefusal.BODY_MALFORMED, "the body is not valid text") from None


def _codec(raw: bytes, encoding: str | None) -> str:
    utf16 = _UTF16_STARTS.get(raw[:2])
    if encoding == "utf-16":
        return utf16 or "utf-16-be"
    if encoding is not None:
        if encoding not in CHARSETS:
            raise Refused(HttpRefusal.MEDIA_TYPE_UNSUPPORTED)
        return CHARSETS[encoding]
    if utf16 is not None:
        return utf16
    declaration = _DECLARED.match(raw)
    declared = declaration[1].decode().lower() if declaration else "utf-8"
    if declared not in CHARSETS:
        raise Refused(HttpRefusal.BODY_MALFORMED, "the declared encoding is not supported")
    # .NET declares the UTF-16 of its strings and then sends UTF-8: these bytes are not UTF-16.
    return "utf-8" if declared.startswith("utf-16") else CHARSETS[declared]


class _Reader(ContentHandler):
    """Collects the texts of the root's children, and refuses what no client of this API sends."""

    def __init__(self, root: str, known: Container[str] | None) -> None:
        super().__init__()
        self._root = root
        self._known = known
        self._depth = 0
        self._name = ""
        self._texts: list[str] = []
        self._is_text = True
        self.fields: Fields = {}

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Unreadable(f"the elements are nested deeper than {MAX_DEPTH}")
        if (
            len(name) + sum(len(key) + len(value) for key, value in attrs.items())
            > MAX_TAG_CHARACTERS
        ):
            raise _Unreadable(f"a tag is longer than {MAX_TAG_CHARACTERS} characters")
        local = name.rpartition(":")[2]
        if self._depth == 1 and local != self._root:
            raise _Unreadable(f"the root element is not {self._root}")
        if self._depth == 2:
            if local in self.fields and (self._known is None or local in self._known):
                raise _Unreadable("an element stands in the body twice")
            self._name, self._texts, self._is_text = local, [], True
            self.fields[local] = ""
        elif self._depth > 2:
            self._is_text = False

    def characters(self, content: str) -> None:
        if self._depth == 2:
            self._texts.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        if self._depth == 2:
            text = "".join(self._texts).strip(WHITE_SPACE)
            self.fields[self._name] = text if self._is_text else {}
        self._depth -= 1


def write(name: str, value: Any) -> str:
    """An element: a mapping's items become its children, a list's ``<string>`` elements."""
    if isinstance(value, Mapping):
        inner = "".join(write(key, child) for key, child in value.items())
    elif isinstance(value, list):
        inner = "".join(write("string", item) for item in value)
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"
