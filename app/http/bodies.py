"""Request bodies, read strictly: a body that could be read in two ways is refused.

Each kind of body has ``load(request)``, which returns the validated fields or raises ``Refused``, and
attributes for the OpenAPI document.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from flask import Request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from ..core.refusals import Refused
from .http_refusals import HttpRefusal
from .media import CHARSETS, charset, media_type

MAX_BYTES = 64 * 1024
LARGEST_BODY = f"{MAX_BYTES // 1024} KiB"

_UNCLEAN = re.compile("[\0\ud800-\udfff]")

# Where the WSGI environment keeps a body that was read.
_READ = "watchword.body"

Fields = dict[str, Any]


class Body(Protocol):
    """How an operation takes its body."""

    schema: Schema
    media_types: tuple[str, ...]
    required: bool

    def load(self, request: Request) -> Fields: ...


class JsonBody:
    """A JSON object (RFC 8259) without repeated keys, NUL or lone surrogates."""

    def __init__(
        self,
        schema: Schema,
        *,
        media_types: tuple[str, ...] = ("application/json",),
        required: bool = True,
    ) -> None:
        self.schema = schema
        self.media_types = media_types
        self.required = required

    def load(self, request: Request) -> Fields:
        raw = raw_body(request)
        if not raw and not self.required:
            return validated(self.schema, {})
        check_media_type(request, self.media_types)
        return validated(self.schema, parse_json(raw, charset(request.headers.get("Content-Type"))))


class FormBody:
    """``application/x-www-form-urlencoded``, no field twice (RFC 6749 section 3.2).

    In the fields named by ``any_text`` no value is a fault: a NUL, or bytes that are not UTF-8, become
    U+FFFD, and the value is simply unknown.
    """

    media_types = ("application/x-www-form-urlencoded",)
    required = True

    def __init__(
        self,
        schema: Schema,
        *,
        media_type_optional: bool = False,
        any_text: frozenset[str] = frozenset(),
    ) -> None:
        self.schema = schema
        self._media_type_optional = media_type_optional
        self._any_text = any_text

    def load(self, request: Request) -> Fields:
        raw = raw_body(request)
        if not self._media_type_optional or request.headers.get("Content-Type"):
            check_media_type(request, self.media_types)
        return validated(self.schema, parse_form(raw, self._any_text))


def raw_body(request: Request) -> bytes:
    """The whole body. It is read once; the next call gives the same bytes again.

    Raises Refused: BODY_TOO_LARGE, also for a chunked body that goes on; MEDIA_TYPE_UNSUPPORTED for a
    compressed one, because its true size is known only afterwards; BODY_MALFORMED if it ended early.
    """
    environ = request.environ
    if _READ in environ:
        kept: bytes = environ[_READ]
        return kept
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity"):
        raise Refused(HttpRefusal.MEDIA_TYPE_UNSUPPORTED, "send it without a Content-Encoding")
    try:
        # Where it ends is known: from its length, or because the server has read all of it.
        raw = get_input_stream(environ).read(MAX_BYTES + 1)
    except (ClientDisconnected, OSError):
        raise Refused(HttpRefusal.BODY_MALFORMED, "the body ended early") from None
    if len(raw) > MAX_BYTES:
        raise Refused(HttpRefusal.BODY_TOO_LARGE)
    environ[_READ] = raw
    return raw


def check_media_type(request: Request, accepted: tuple[str, ...]) -> None:
    """Raises Refused(MEDIA_TYPE_UNSUPPORTED)."""
    if media_type(request.headers.get("Content-Type")) not in accepted:
        raise Refused(HttpRefusal.MEDIA_TYPE_UNSUPPORTED, f"send {' or '.join(accepted)}")


def parse_json(raw: bytes, encoding: str | None = None) -> Fields:
    """The object a JSON text holds. Raises Refused(BODY_MALFORMED or BODY_INVALID)."""
    codec = CHARSETS.get(encoding or "utf-8")
    if codec is None:
        raise Refused(HttpRefusal.MEDIA_TYPE_UNSUPPORTED, "the charset is not supported")
    try:
        value = json.loads(
            raw.decode(codec), object_pairs_hook=_no_key_twice, parse_constant=_no_constant
        )
    except _Twice as twice:
        raise Refused(HttpRefusal.BODY_MALFORMED, str(twice)) from None
    except (ValueError, RecursionError):
        raise Refused(HttpRefusal.BODY_MALFORMED, "the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise Refused(HttpRefusal.BODY_INVALID, "the body is not a JSON object")
    return value


def parse_form(raw: bytes, any_text: frozenset[str] = frozenset()) -> Fields:
    """The fields of a form, cleaned where they are in ``any_text``. Raises Refused(BODY_MALFORMED)."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="surrogateescape", max_num_fields=50
        )
        fields = {
            _utf8(name): cleaned(value) if name in any_text else _utf8(value)
            for name, value in pairs
        }
    except ValueError:
        raise Refused(HttpRefusal.BODY_MALFORMED, "the form is not valid") from None
    if len(fields) != len(pairs):
        raise Refused(HttpRefusal.BODY_MALFORMED, "a field stands in the form twice")
    return fields


def _utf8(text: str) -> str:
    """The text itself. Raises ValueError for bytes that were no UTF-8."""
    text.encode()
    return text


def validated(schema: Schema, data: Mapping[str, Any]) -> Fields:
    """The fields the schema knows. Raises Refused(BODY_INVALID) that names the faulty ones."""
    try:
        fields: Fields = schema.load(data)
    except ValidationError as error:
        faults = error.normalized_messages()  # type: ignore[no-untyped-call]
        detail = "; ".join(f"{name}: {_sentence(faults[name])}" for name in sorted(faults))
        refused = Refused(HttpRefusal.BODY_INVALID, detail)
        refused.faults = faults
        raise refused from None
    for name, value in fields.items():
        if isinstance(value, str) and not is_clean(value):
            raise Refused(HttpRefusal.BODY_INVALID, f"{name}: Not a valid string.")
    return fields


def cleaned(text: str) -> str:
    """U+FFFD for each NUL and each half of a surrogate pair."""
    return _UNCLEAN.sub("\ufffd", text)


def is_clean(text: str) -> bool:
    """Whether a text has no NUL (C libraries end strings there) and no lone surrogate (not UTF-8)."""
    return _UNCLEAN.search(text) is None


def _sentence(fault: Any) -> str:
    if isinstance(fault, dict):
        fault = [text for texts in fault.values() for text in texts]
    return " ".join(str(text) for text in fault)


class _Twice(ValueError):
    pass


def _no_key_twice(pairs: list[tuple[str, Any]]) -> Fields:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("a key stands in the JSON object twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)
