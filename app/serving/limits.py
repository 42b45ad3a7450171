"""The limits of a request, which llhttp does not have, and the faults beyond them. Sizes are in bytes."""

from http import HTTPStatus
from typing import NamedTuple

from .faults import BadRequest, Part

# The request line and all fields together.
MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024
# Parsed requests of one connection that may wait for their turn; further ones stay unparsed bytes.
MAX_READY = 4
# The memory of a request, and of each field, beyond its own bytes.
OVERHEAD = 2048
FIELD_OVERHEAD = 100
# One chunk per byte costs six bytes. A body that is encoded larger than this is an attack.
MAX_CHUNKED = 8 * MAX_BODY


class Limits(NamedTuple):
    """gunicorn's settings of the same names.

    Gateways append their client's URL to ours or put it into a field, and add fields of their own.
    """

    line: int = 16 * 1024
    fields: int = 100
    field_size: int = 17 * 1024


def check_unended(
    limits: Limits, size: int, *, in_fields: bool = False, in_body: bool = False
) -> None:
    """Check the size of an unfinished request line, field, or line between chunks. Raises BadRequest."""
    if size <= (limits.field_size if in_fields or in_body else limits.line):
        return
    if in_body:
        raise BadRequest(HTTPStatus.BAD_REQUEST, Part.BODY, "a chunk's head is too large")
    raise head_too_large() if in_fields else line_too_long()


def check_line(limits: Limits, size: int) -> None:
    """Check the size of method and URL. Raises BadRequest."""
    if size + len("  HTTP/1.1\r\n") > limits.line:
        raise line_too_long()


def check_field(limits: Limits, size: int, number: int, head: int) -> None:
    """Check a field's size, its number, and the head so far. Raises BadRequest."""
    if size > limits.field_size or number > limits.fields or head > MAX_HEAD:
        raise head_too_large()


def check_body(size: int) -> None:
    """Check the size of a body. Raises BadRequest."""
    if size > MAX_BODY:
        raise body_too_large()


def line_too_long() -> BadRequest:
    return BadRequest(HTTPStatus.REQUEST_URI_TOO_LONG, Part.LINE, "the request line is too long")


def head_too_large() -> BadRequest:
    return BadRequest(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, Part.HEADER, "the header is too large"
    )


def body_too_large() -> BadRequest:
    return BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Part.BODY, "the body is too large")
