"""Makes the pictures of ``docs/console.md``: ``python -m docs.pictures``, or ``make pictures``.

It runs the real service on a database of its own, lets three months pass there, and takes every page in
Chromium. The same clock and the same doings give the same pages, apart from random ids.
"""

import os
import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.core import identities
from app.core.audit import Origin
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import api_keys, clients
from app.core.identities import registration
from app.core.refusals import Refused
from app.core.upkeep import key_care, leader, request_hours
from app.dialects.aaa import grants as aaa
from app.dialects.login.kinds import LOGIN
from app.dialects.session import grants as session
from app.dialects.token_v2 import grants as token_v2
from app.settings.settings import Settings
from config import ROOT, read_settings
from tests.browser.fixtures import OPTIONS, PROGRAM, Silent

PICTURES = ROOT / "docs" / "pictures"
# 2026-06-01T12:00:00Z
NOW = 1_780_315_200.0
DAY = 86_400
# How busy each hour of a day is, in UTC.
BUSY = (1, 1, 0.5, 0.5, 0.5, 1, 2, 4, 7, 9, 9, 8, 6, 8, 9, 8, 7, 5, 4, 3, 3, 2, 2, 1)
PASSWORD = "a password for the pictures"
NAMES = ("Käthe.Ørsted", "نور", "李小龍", "ethan.buckley", "komi", "nessa", "🦊 fox", "john.doo")
ATTACKER = "203.0.113.66"
PAGES = {
    "overview": "/console?span=7d",
    "users": "/console/users",
    "user": "/console/users/2",
    "issue": "/console/users/2/api-keys/issue",
    "sessions": "/console/sessions",
    "clients": "/console/clients",
    "keys": "/console/keys",
    "audit": "/console/audit",
    "why": "/console/audit/why?request=the-attack-3",
    "settings": "/console/settings",
}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        served(Path(home)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS)
        for name, picture in pictures(browser, url):
            picture.screenshot(path=PICTURES / f"{name}.png")
            print(f"wrote docs/pictures/{name}.png")
        browser.close()


def pictures(browser: Browser, url: str) -> Iterator[tuple[str, Page]]:
    """Each page as it is to be taken: light and wide, and the overview also dark, and narrow."""
    login, *_ = windows = [
        browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id="UTC"
        ).new_page()
        for width, height, scheme in (
            (1120, 720, "light"),
            (1120, 720, "dark"),
            (360, 720, "light"),
        )
    ]
    login.goto(f"{url}/console")
    yield "login", login
    for window in windows:
        window.goto(f"{url}/console")
        window.fill("#username", "admin")
        window.fill("#password", PASSWORD)
        window.click("button.main")
    for name, path in PAGES.items():
        login.goto(url + path, wait_until="networkidle")
        yield name, login
    for window, name in zip(windows[1:], ("overview-dark", "overview-narrow"), strict=True):
        window.goto(url + PAGES["overview"], wait_until="networkidle")
        yield name, window


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The service with its history, in a thread. Yields its URL."""
    clock = ManualClock(NOW - 90 * DAY)
    app = create_app(settings(home), clock)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
    live_through(app, clock)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    app.extensions["watchword"].core.close()


def settings(home: Path) -> Settings:
    os.environ |= {
        "WATCHWORD_ENV": "testing",
        "WATCHWORD_DATABASE_URL": f"sqlite:///{home}/watchword.sqlite3",
        "WATCHWORD_SECRET_KEYS": "V2F0Y2h3b3JkIHRlc3Qgc2VjcmV0OiBubyByZWFsIGtleQ==",
        "WATCHWORD_ARGON2_PROFILE": "cheapest-tests-only",
        "WATCHWORD_LOG_LEVEL": "error",
        "WATCHWORD_CONSOLE": "on",
    }
    return read_settings()


def live_through(app: Flask, clock: ManualClock) -> None:
    """Ninety days of logins, some of them refused, and an attack this morning."""
    core: Core = app.extensions["watchword"].core
    chance = random.Random(7)  # noqa: S311, the pictures are the same each time
    for name in ("admin", *NAMES):
        email = f"{name.lower().replace(' ', '')}@example.com"
        roles = frozenset({"admin"}) if name == "admin" else frozenset[str]()
        registration.register(core, name, email, PASSWORD, Origin("cli"), roles=roles)
    clients.add(core, "koms-web", "Shop on the web", Origin("cli"), confidential=False)
    clients.add(core, "gateway", "Introspecting gateway", Origin("cli"), confidential=True)
    _, key = api_keys.issue(core, 2, Origin("cli"))
    for day in range(90):
        begin = NOW - (90 - day) * DAY
        if day == 60:
            key_care.rotate_all(core, None, Origin("cli"))
        for hour in range(24):
            clock.advance(begin + hour * 3_600 - clock.now())
            busy = BUSY[hour] * (0.4 if day % 7 in (5, 6) else 1)
            request_hours.add(core, "verify", _answered(chance, busy))
            if day >= 83 or hour % 8 == 0:
                for _ in range(round(busy * chance.uniform(0.5, 1.5))):
                    clock.advance(60)
                    _log_in(core, chance, key)
        if day % 10 == 0:
            leader.work(core)
    clock.advance(NOW - 1_500 - clock.now())
    for guess in range(60):
        clock.advance(20)
        origin = Origin("aaa", ATTACKER, f"the-attack-{guess}")
        with suppress(Refused):
            identities.prove(core, "nessa", "a guess", origin)
    clock.advance(NOW - 60 - clock.now())
    core.tally.flush()
    leader.work(core)
    clock.advance(60)


def _answered(chance: random.Random, busy: float) -> list[int]:
    """Verifications of an hour, by how long they took (``listings.timelines.BOUNDS``)."""
    number = round(busy * chance.uniform(9_000, 12_000))
    slow = round(number * chance.uniform(0.002, 0.02))
    return [number - slow, slow // 2, slow // 3, slow // 6]


def _log_in(core: Core, chance: random.Random, key: str) -> None:
    name = chance.choice(NAMES)
    address = f"198.51.100.{chance.randrange(2, 60)}"
    kind = chance.choice(("aaa", "token_v2", "session", "session", "login"))
    origin = Origin(kind, address, f"{chance.getrandbits(64):016x}")
    password = PASSWORD if chance.random() < 0.85 else "mistyped"
    with suppress(Refused):
        if kind == "login":
            api_keys.exchange(core, LOGIN, NAMES[0], key, origin)
            return
        user = identities.prove(core, name, password, origin)
        if kind == "aaa":
            aaa.sessid(core, user, origin)
        elif kind == "token_v2":
            token_v2.pair(core, user, origin)
        else:
            session.pair(core, user, "koms-web", origin)


if __name__ == "__main__":
    main()
