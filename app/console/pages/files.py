"""The console's scripts and styles. ``static/VENDORED.md`` says where those of others come from."""

from ...http.answers import RawAnswer, Reply
from ...http.contract import Call
from ...http.pages import static_file
from ..dialect import PREFIX, Console
from ..rendering import content

ASSETS = (
    "console.css",
    "console.js",
    "plots.js",
    "htmx.min.js",
    "uplot.min.js",
    "uplot.min.css",
    "icon.svg",
)
_NAMES = ",".join(f'"{name}"' for name in ASSETS)
# A file's URL changes with its content.
_CACHE = {"Cache-Control": "public, max-age=31536000, immutable"}


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/static/<any({_NAMES}):asset>",
        summary="Scripts and styles",
        query=None,
        answer=RawAnswer("text/javascript", "text/css", "image/svg+xml"),
    )
    def asset(_call: Call, asset: str) -> Reply:
        return static_file(asset, content(asset), **_CACHE)
