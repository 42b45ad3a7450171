"""The settings in force, and where each is from. Never a secret."""

from flask import Response, current_app

from ...http.contract import Call
from ...settings.in_force import in_force
from ..dialect import PREFIX, Console
from ..operator import SignedIn, of
from ..rendering import shown


def mount(console: Console) -> None:
    @console.operation("GET", f"{PREFIX}/settings", summary="Settings", credential=SignedIn())
    def settings(call: Call) -> Response:
        lines = in_force(current_app.extensions["watchword"].settings.stated)
        return shown(call, of(call), "settings.html", title="Settings", lines=lines)
