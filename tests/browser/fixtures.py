"""``browse``: the fixture that opens a visit. Playwright is loaded with the first one."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .visits import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
# Of the address bar's pages, one or two are loaded behind each window, and for each page that is opened a
# spare process starts for the next one: two fifths of what Chromium had to do.
NEEDLESS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess")
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
FEATURES_OFF = "--disable-features="
# The tests run as root in a container as often as not: Chromium's sandbox is for other people's pages.
OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-dev-shm-usage",
    f"{FEATURES_OFF}{','.join((*PLAYWRIGHTS, *NEEDLESS))}",
)
WAIT_MILLISECONDS = 10_000


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


@pytest.fixture
def browse(chromium: "Browser") -> Iterator[Callable[..., Visit]]:
    """Opens a visit: the window's ``width``, the ``scheme`` light or dark, and whether ``scripts`` run."""
    contexts = []

    def visit(width: int = 1280, scheme: Any = "light", *, scripts: bool = True) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MILLISECONDS)
        return Visit(context)

    yield visit
    for context in contexts:
        context.close()
