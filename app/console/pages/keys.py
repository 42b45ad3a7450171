"""The service's own keys: what they sign, how old they are, and what hangs on each."""

from flask import Response

from ...core import listings
from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..operator import SignedIn, of
from ..rendering import shown


def mount(console: Console) -> None:
    @console.operation("GET", f"{PREFIX}/keys", summary="Keys", credential=SignedIn())
    def keys(call: Call) -> Response:
        lines = listings.keys(call.core)
        return shown(call, of(call), "keys.html", title="Keys", lines=lines)
