"""``browse`` opens a visit, ``url`` is what it visits. Playwright is loaded with the first visit."""

import os
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from .visits import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

# The shell is the same engine without what surrounds a window: the same pages cost a quarter less.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
# Of the address bar's pages, one or two are loaded behind each window, and for each page that is opened a
# spare process starts for the next one: two fifths of what Chromium had to do. To make a new frame for
# each page that a window goes to (RenderDocument) is a quarter of what is left of going there.
NEEDLESS = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
    "RenderDocument",
)
# Of several lists Chromium believes the last, so what Playwright turns off stands here once more.
PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
# The network needs no process of its own. The others are what Playwright turns on.
FEATURES = (
    "CDPScreenshotNewSurface",
    "SkipListAccountsWithoutGaiaCookies",
    "NetworkServiceInProcess2",
)
FEATURES_OFF, FEATURES_ON = "--disable-features=", "--enable-features="
# The tests run as root in a container as often as not: Chromium's sandbox is for other people's pages.
OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-dev-shm-usage",
    # No graphics card is here, so its process would only draw for another one. And for every page that
    # forbids to share its group of windows (Cross-Origin-Opener-Policy) a new process would start.
    "--disable-gpu",
    "--in-process-gpu",
    "--process-per-site",
    "--renderer-process-limit=1",
    f"{FEATURES_OFF}{','.join((*PLAYWRIGHTS, *NEEDLESS))}",
    f"{FEATURES_ON}{','.join(FEATURES)}",
)
WAIT_MILLISECONDS = 10_000
# In the pixels of CSS.
WINDOW: Any = {"width": 1280, "height": 1000}


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """One browser for a module. While it runs, an event loop runs in the thread of the tests."""
    if PROGRAM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS)
        yield browser
        browser.close()


class Profiles:
    """Browser contexts that are used again: a test has that of the test before, without its cookies.

    In each a window stays open, so that the process of its pages lives on.
    """

    def __init__(self, chromium: "Browser") -> None:
        self._chromium = chromium
        self._free: dict[bool, list[BrowserContext]] = defaultdict(list)

    def take(self, *, scripts: bool) -> "BrowserContext":
        if self._free[scripts]:
            return self._free[scripts].pop()
        context = self._chromium.new_context(
            viewport=WINDOW,
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        context.set_default_timeout(WAIT_MILLISECONDS)
        context.new_page()
        return context

    def give_back(self, context: "BrowserContext", *, scripts: bool) -> None:
        for page in context.pages[1:]:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        self._free[scripts].append(context)


@pytest.fixture(scope="module")
def profiles(chromium: "Browser") -> Profiles:
    return Profiles(chromium)


@pytest.fixture
def browse(profiles: Profiles) -> Iterator[Callable[..., Visit]]:
    """Opens a visit: the window's ``width``, the ``scheme`` light or dark, and whether ``scripts`` run."""
    taken = []

    def visit(
        width: int = WINDOW["width"], scheme: Any = "light", *, scripts: bool = True
    ) -> Visit:
        context = profiles.take(scripts=scripts)
        taken.append((context, scripts))
        return Visit(context, width, scheme)

    yield visit
    for context, scripts in taken:
        profiles.give_back(context, scripts=scripts)


class Silent(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The service has its own log."""


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The test's own application, served in a thread: it has the test's clock and database."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
