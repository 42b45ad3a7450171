"""A Watchword application for the fuzzer, with an identity and one live token of every kind."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.core import identities
from app.core.audit import Origin
from app.core.core import Core
from app.core.credentials import access_codes, api_keys, clients
from app.core.identities import registration
from config import ROOT, read_settings
from tests import grants
from tests.grants import CODES
from tests.grants import LOGIN as LOGIN_KIND

ORIGIN = Origin("fuzz", "127.0.0.1", "fuzz")
LOGIN, PASSWORD, CLIENT = "fuzz@example.com", "correct horse battery staple", "koms-web"
ENVIRONMENT = {
    "WATCHWORD_SECRET_KEYS": "a-secret-for-fuzzing-0123456789-abcdefgh",
    "WATCHWORD_ENV": "testing",
    "WATCHWORD_ARGON2_PROFILE": "cheapest-tests-only",
    "WATCHWORD_LOG_LEVEL": "error",
    # Otherwise the brute-force protection would soon refuse everything.
    "WATCHWORD_ADDRESS_FAILURES": "1000000000",
    "WATCHWORD_PAUSE_AFTER_FAILURES": "1000000000",
    # Nothing may expire during the run.
    "WATCHWORD_LOGIN_TOKEN_SECONDS": "86400",
}


@dataclass(frozen=True)
class House:
    app: Flask
    core: Core
    api_key: str
    code: str
    # All genuine tokens: those that /verify accepts, and those that it does not.
    live: frozenset[str]
    refresh: frozenset[str]


@contextmanager
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="watchword-fuzz-") as scratch:
        url = f"sqlite:///{Path(scratch) / 'watchword.sqlite3'}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("WATCHWORD_")}
        environment = inherited | ENVIRONMENT | {"WATCHWORD_DATABASE_URL": url}
        with patch.dict(os.environ, environment, clear=True):
            app = create_app(read_settings())
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            core = app.extensions["watchword"].core
            yield _furnished(app, core)
            core.close()


def _furnished(app: Flask, core: Core) -> House:
    clients.add(core, CLIENT, CLIENT, ORIGIN, confidential=False)
    user_id = registration.register(
        core, LOGIN, LOGIN, PASSWORD, ORIGIN, permissions=frozenset({"npm"})
    )
    _, key = api_keys.issue(core, user_id, ORIGIN)
    code = access_codes.issue(core, CODES, user_id, ORIGIN).code
    user = identities.prove(core, LOGIN, PASSWORD, ORIGIN)
    session = grants.session_pair(core, user, CLIENT, ORIGIN)
    jwts = grants.jwt_pair(core, user, ORIGIN)
    sessid = grants.aaa_session(core, user, ORIGIN)
    npm = grants.npm_token_of_user(core, user, ORIGIN).token
    login = api_keys.exchange(core, LOGIN_KIND, LOGIN, key, ORIGIN).token
    live = {session.access, jwts.access, sessid, npm, login}
    return House(app, core, key, code, frozenset(live), frozenset({session.refresh, jwts.refresh}))
