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
# Those of axe's rules whose answer depends on the colours.
OF_COLOUR = ("color-contrast", "link-in-text-block")
HURRIED = """for (const name of ["setInterval", "setTimeout"]) {
    const later = window[name];
    window[name] = (what, wait, ...given) => later(what, wait / 10, ...given);
}"""
COMPLAINTS = ("error", "warning", "assert")


class Visit:
    """A browser context and its page.

    ``complaints`` are console errors and warnings (violations of the Content-Security-Policy are among them),
    exceptions and failed requests. ``requested`` is every URL that the page asked for.
    """

    def __init__(self, context: "BrowserContext", width: int, scheme: Any) -> None:
        self.context = context
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self.page = context.new_page()
        self.resize(width)
        self.colour(scheme)
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

    def resize(self, width: int) -> None:
        """Make the window this wide, in pixels of CSS."""
        size = self.page.viewport_size
        if size is None or size["width"] != width:
            self.page.set_viewport_size({"width": width, "height": 1000})

    def colour(self, scheme: Any) -> None:
        """Prefer ``light`` or ``dark`` from now on."""
        self.page.emulate_media(color_scheme=scheme)

    def hurry(self) -> None:
        """On the pages that follow, what waits for some seconds waits for a tenth of them."""
        self.page.add_init_script(HURRIED)

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))

    def violations(self, *schemes: Any) -> list[str]:
        """What axe-core finds against accessibility: rule, reason and place, a line each. Needs scripts.

        Of several ``schemes`` the first is judged by every rule, and the others by the rules of colours.
        """
        # The page's policy forbids a script of another site, but not what the browser itself runs.
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(f"() => {{ {AXE.read_text()} }}")
            # The pages that follow are given it by the browser, which costs half.
            self.page.add_init_script(path=AXE)
        found = []
        rules: dict[str, Any] = {"type": "tag", "values": AXE_TAGS}
        for scheme in schemes or (None,):
            if scheme:
                self.colour(scheme)
            found += [f"{scheme}: {it}" if scheme else it for it in self._broken(rules)]
            rules = {"type": "rule", "values": OF_COLOUR}
        return found

    def _broken(self, rules: dict[str, Any]) -> list[str]:
        # Of what is as it should be, axe need not make a list. No page has sounds or films to load first.
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found = self.page.evaluate(f"() => axe.run(document, {json.dumps(options)})")
        return [
            f"{violation['id']}: {violation['help']}: {node['target']} {node.get('failureSummary', '')}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
