"""The page for people: what the control plane can do, with buttons.

Its files are in ``static``, as they are served: there is no build step. The page loads nothing from other
sites, and its Content-Security-Policy forbids it.
"""

from functools import cache
from pathlib import Path

from app.http.answers import RawAnswer, Reply
from app.http.contract import Call
from app.http.pages import content_security_policy, static_file

from ..errors import Plane
from ..worlds import PLANE, Worlds

CONTENT_SECURITY_POLICY = content_security_policy()
STATIC = Path(__file__).parent.parent / "static"
ASSETS = (
    "page.css",
    "icon.svg",
    "page.js",
    "control.js",
    "clock.js",
    "faults.js",
    "journal.js",
    "lists.js",
)
_NAMES = ",".join(f'"{name}"' for name in ASSETS)


@cache
def _content(name: str) -> bytes:
    return (STATIC / name).read_bytes()


def mount(plane: Plane, _worlds: Worlds) -> None:
    @plane.operation(
        "GET",
        f"{PLANE}/",
        summary="The page for people",
        answer=RawAnswer("text/html"),
        headers=("Content-Security-Policy",),
    )
    def page(_call: Call) -> Reply:
        """The clock, identities, sessions, faults and journal of this world."""
        return Reply(_content("page.html"), {"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    @plane.operation(
        "GET",
        f"{PLANE}/page/<any({_NAMES}):asset>",
        summary="The page's scripts and styles",
        answer=RawAnswer("text/javascript", "text/css", "image/svg+xml"),
    )
    def page_asset(_call: Call, asset: str) -> Reply:
        """As they are in the package."""
        return static_file(asset, _content(asset))
