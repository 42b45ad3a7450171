"""A user, its client and a session between them; what the tests do to a session."""

import pytest

from app.core import identities, sessions
from app.core.core import Core
from tests import grants
from tests.factories import ORIGIN, Identities, Somebody
from tests.grants import Pair, Purpose

CLIENT = "koms-web"


DAY = 86_400


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client(CLIENT)
    identities.client("another")
    return identities.add()


@pytest.fixture
def pair(core: Core, user: Somebody) -> Pair:
    return open_session(core, user)


def proven(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, user.password, ORIGIN)


def open_session(core: Core, user: Somebody) -> Pair:
    return grants.session_pair(core, proven(core, user), CLIENT, ORIGIN)


def refresh(core: Core, pair: Pair, client_id: str = CLIENT) -> Pair:
    return grants.refreshed_session_pair(core, pair.access, pair.refresh, client_id, ORIGIN)


def end(core: Core, token: str) -> None:
    sessions.end(core, token, ORIGIN, Purpose.SESSION_ACCESS, client_id=CLIENT)


def only(rows, columns: str = "*") -> dict[str, object]:
    [row] = rows(f"SELECT {columns} FROM sessions")
    return row
