"""Successful responses: a status, headers, and a body dumped through the operation's schema."""

import json
from typing import Any, NamedTuple, Protocol

from flask import Request, Response
from marshmallow import Schema

_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class Reply(NamedTuple):
    """What a view returns if it also sets headers, or builds the whole response itself."""

    data: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012, never changed


class Answer(Protocol):
    """How an operation writes its success."""

    @property
    def schema(self) -> Schema | None: ...
    @property
    def media_types(self) -> tuple[str, ...]: ...

    def write(self, request: Request, data: Any, status: int) -> Response: ...


class JsonAnswer:
    media_types: tuple[str, ...] = ("application/json",)

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def write(self, request: Request, data: Any, status: int) -> Response:
        return json_response(self.schema.dump(data), status)


class RawAnswer:
    """A body written by the view itself: a page, a script, a text."""

    schema = None

    def __init__(self, *media_types: str) -> None:
        self.media_types = media_types

    def write(self, request: Request, data: Any, status: int) -> Response:
        return Response(data, status, mimetype=self.media_types[0])


def json_response(body: Any, status: int, content_type: str = "application/json") -> Response:
    return Response(_COMPACT.encode(body).encode(), status, content_type=content_type)
