"""A visit: what a page does, what it asks for, and what it complains of."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Request

VENDORED = Path(__file__).parent / "vendored"
AXE = VENDORED / "axe.min.js"
# WCAG 2.2, levels A and AA, and what axe's makers hold to be good practice.
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COMPLAINTS = ("error", "warning", "assert")


class Visit:
    """A browser context and its page.

    ``complaints`` are console errors and warnings (violations of the Content-Security-Policy are among them),
    exceptions and failed requests. ``requested`` is every URL that the page asked for.
    """

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._note_failure)

    def _note_failure(self, failed: "Request") -> None:
        # A page that is left gives up what it has not got yet.
        if failed.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{failed.url}: {failed.failure}")

    def _note(self, message: "ConsoleMessage") -> None:
        if message.type in COMPLAINTS:
            self.complaints.append(message.text)

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))

    def violations(self) -> list[str]:
        """What axe-core finds against accessibility: rule, reason and place, a line each. Needs scripts."""
        # The page's policy forbids a script of another site, but not what the browser itself runs.
        self.page.evaluate(f"() => {{ {AXE.read_text()} }}")
        options: dict[str, Any] = {
            "runOnly": {"type": "tag", "values": AXE_TAGS},
            # Of what is as it should be, axe need not make a list.
            "resultTypes": ["violations"],
        }
        found = self.page.evaluate(f"() => axe.run(document, {json.dumps(options)})")
        return [
            f"{violation['id']}: {violation['help']}: {node['target']} {node.get('failureSummary', '')}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
