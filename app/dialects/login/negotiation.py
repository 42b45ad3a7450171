"""The format of a request, and the format of its answer (RFC 9110 section 12.5.1)."""

from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask import Request, Response
from marshmallow import Schema

from ...core.refusals import Refused
from ...http import accept as accepts
from ...http.answers import json_response
from ...http.bodies import Fields, parse_json, raw_body, validated
from ...http.http_refusals import HttpRefusal
from ...http.media import charset, media_type
from . import xml

# In order of preference, if a request leaves the choice.
TYPES = ("application/json", "application/xml", "text/json", "text/xml")
DEFAULT = TYPES[0]


def request_type(request: Request) -> str | None:
    """The type of the request's body if it is one of ours."""
    found = media_type(request.headers.get("Content-Type"))
    return found if found in TYPES else None


def answer_type(request: Request) -> str:
    """The type that a success will have. Raises Refused(NOT_ACCEPTABLE)."""
    found = negotiated(request.headers.get("Accept"), request_type(request))
    if found is None:
        raise Refused(HttpRefusal.NOT_ACCEPTABLE)
    return found


def error_type(request: Request, refusal: StrEnum) -> str:
    """The type of an error: JSON if the request's type is none of ours, or no other type is acceptable.

    For a request that needs no body, such as one with the wrong method, only ``Accept`` decides.
    """
    ours = request_type(request)
    foreign = "Content-Type" in request.headers or refusal is HttpRefusal.MEDIA_TYPE_UNSUPPORTED
    if ours is None and foreign:
        return DEFAULT
    return negotiated(request.headers.get("Accept"), ours) or DEFAULT


def negotiated(accept: str | None, mirrored: str | None) -> str | None:
    """The best of our types for an ``Accept`` header; None if it takes none of them, or is too long."""
    return _best(accept, mirrored) if len(accept or "") <= accepts.MAX_LENGTH else None


@lru_cache(maxsize=128)
def _best(accept: str | None, mirrored: str | None) -> str | None:
    """The type with the highest weight. A type's weight is that of the most specific range that matches it.

    Of equal weights the type named more specifically wins, then the request's type, then one of its syntax.
    """
    found = [] if accept in (None, "", "*/*") else list(accepts.ranges(accept))
    if not found:
        return mirrored or DEFAULT
    weighed = [(*accepts.weight(found, offer), offer) for offer in _by_preference(mirrored)]
    quality, _, best = max(weighed, key=lambda each: each[:2])
    return best if quality > 0 else None


def _by_preference(mirrored: str | None) -> list[str]:
    """All our types, the request's first, then those of its syntax; max() takes the first of equals."""
    syntax = _is_xml(mirrored or DEFAULT)
    return sorted(TYPES, key=lambda offer: (offer != mirrored, _is_xml(offer) != syntax))


def _is_xml(name: str) -> bool:
    return name.endswith("/xml")


class NegotiatedBody:
    """A JSON object or an XML element with the same fields, by ``Content-Type``."""

    media_types: tuple[str, ...] = TYPES
    required = True

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def load(self, request: Request) -> Fields:
        raw = raw_body(request)
        content_type = request.headers.get("Content-Type")
        if _is_xml(media_type(content_type)):
            root = self.schema.xml_root  # type: ignore[attr-defined]
            fields = xml.parse(raw, charset(content_type), root, self.schema.fields)
            return validated(self.schema, fields)
        return validated(self.schema, parse_json(raw, charset(content_type)))


class NegotiatedAnswer:
    media_types: tuple[str, ...] = TYPES

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def write(self, request: Request, data: Any, status: int) -> Response:
        return response(data, self.schema, answer_type(request), status)


def response(data: Any, schema: Schema, name: str, status: int) -> Response:
    """``data`` dumped through ``schema``, in the negotiated format and always in UTF-8."""
    content_type = f"{name}; charset=utf-8"
    body = schema.dump(data)
    if _is_xml(name):
        root = schema.xml_root  # type: ignore[attr-defined]
        return Response(xml.write(root, body).encode(), status, content_type=content_type)
    return json_response(body, status, content_type)
