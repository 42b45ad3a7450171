"""Pages as the database cuts them."""

import pytest

from app.core import identities, listings
from app.core.core import Core
from app.core.listings import SessionFilter
from tests import grants
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody

EVERY = SessionFilter(every=True)


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def names(lines: list[listings.SessionLine]) -> list[str]:
    return [line.session for line in lines]


def test_sessions_of_one_moment_are_listed_once_each(core: Core, user: Somebody):
    proven = identities.prove(core, user.username, PASSWORD, ORIGIN)
    for _ in range(7):
        grants.aaa_session(core, proven, ORIGIN)
    whole = names(listings.sessions(core, limit=100).lines)
    assert len(set(whole)) == 7
    found: list[str] = []
    while page := names(listings.sessions(core, limit=3, after=found[-1] if found else None).lines):
        found += page
    assert found == whole


def test_a_page_is_full_though_the_policy_leaves_sessions_out(core: Core, user, identities, rows):
    """A login that was under way when the password was changed leaves a row that looks alive."""
    other = identities.add("Jane.Roe")
    for name in (other.username, other.username, other.username, user.username, user.username):
        proven = prove(core, name)
        grants.aaa_session(core, aged(proven, name == other.username), ORIGIN)
    assert len(rows("SELECT id FROM sessions WHERE ended_at IS NULL")) == 5
    page = listings.filled(
        lambda after, most: listings.sessions(core, limit=most, after=after), None, 2
    )
    lines = page.lines
    assert [line.username for line in lines] == [user.username] * 2
    assert len(listings.sessions(core, EVERY, limit=100).lines) == 5


def aged(proven: identities.Identity, stale: bool) -> identities.Identity:
    """As proven before the password was changed."""
    return proven._replace(epoch=0) if stale else proven


def prove(core: Core, name: str) -> identities.Identity:
    return identities.prove(core, name, PASSWORD, ORIGIN)


def test_users_are_listed_in_one_order_page_by_page(core: Core, identities: Identities):
    for name in ("b", "A", "c", "D", "\u00e9"):
        identities.add(name, email=f"{ord(name)}@example.com")
    whole = [line.username for line in listings.users(core, limit=100).lines]
    found: list[str] = []
    while page := listings.users(core, limit=2, after=found[-1] if found else None).lines:
        found += [line.username for line in page]
    assert found == whole
    assert len(set(found)) == 5
