"""A page of a list: ``?limit=`` rows after the one that ``?after=`` names, and a ``Link`` to the next one.

For lists whose rows have ascending ids. The database cuts the page, so a long list costs no more than
one page.
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from ..core.refusals import Refused
from .contract import Call
from .http_refusals import HttpRefusal

DEFAULT = 100
MAX_LIMIT = 1_000
MAX_ID = 2**31 - 1  # a column's, on PostgreSQL

# The query parameters, with their schemas in the published contract.
PARAMETERS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT},
    "after": {"type": "integer", "minimum": 0, "maximum": MAX_ID, "default": 0},
}


class Page(NamedTuple):
    """Which rows were asked for. Read one row more than ``limit``: it shows whether there is a next page."""

    after: int
    limit: int


def asked_page(call: Call) -> Page:
    """The page that the query asks for. Raises Refused(PARAMETER_INVALID)."""
    return Page(_number(call, "after"), _number(call, "limit"))


def next_page(url: str, call: Call, page: Page, last: int) -> dict[str, str]:
    """The header that names the page after row ``last`` (RFC 8288), with what else was asked."""
    query = urlencode(sorted({**call.query, "limit": page.limit, "after": last}.items()))
    return {"Link": f'<{url}?{query}>; rel="next"'}


def _number(call: Call, name: str) -> int:
    schema = PARAMETERS[name]
    text = call.query.get(name, str(schema["default"]))
    if text.isascii() and text.isdigit() and len(text) <= len(str(schema["maximum"])):
        number = int(text)
        if schema["minimum"] <= number <= schema["maximum"]:
            return number
    bounds = f"{schema['minimum']} to {schema['maximum']}"
    raise Refused(HttpRefusal.PARAMETER_INVALID, f"{name}: must be a whole number from {bounds}.")
