"""One text finds a user, and filters narrow the list, page by page."""

import pytest

from app.core import listings
from app.core.core import Core
from app.core.listings import UserState
from app.store.models import Customer
from tests.factories import Identities

ACME = "0b6d9a52-7c0c-4b0e-9d5a-1f6f1c1f0a01"
CUSTOMERS = {ACME: "Acme Ltd", "0b6d9a52-7c0c-4b0e-9d5a-1f6f1c1f0a02": "acorn"}


@pytest.fixture
def people(core: Core, identities: Identities):
    """Four users; anna and Bob belong to customers."""
    with core.store.write() as writing:
        for id_, name in CUSTOMERS.items():
            writing.execute(Customer.__table__.insert(), {"id": id_, "name": name})
    first, second = CUSTOMERS
    return {
        "anna": identities.add("anna", email="anna@example.com", customer_id=first),
        "Bob": identities.add("Bob", email="bob@acme.example", customer_id=second),
        "dora": identities.add("dora", email="acrobat@example.com"),
        "1": identities.add("1", email="zoe@example.com"),
    }


def found(core: Core, search: str, *states: UserState, limit: int = 100) -> list[str]:
    """The usernames of all pages."""
    usernames, after = [], None
    for _ in range(20):
        page = listings.users(core, limit=limit, search=search, states=states, after=after)
        assert len(page.lines) <= limit
        usernames += [line.username for line in page.lines]
        after = page.next
        if after is None:
            return usernames
    return pytest.fail("it has no end")


@pytest.mark.parametrize(
    ("search", "usernames"),
    [
        ("ann", ["anna"]),
        ("ANNA@exam", ["anna"]),
        ("bob@ac", ["Bob"]),
        ("b", ["Bob"]),
        # dora by e-mail, then the users of the customers whose names begin so.
        ("ac", ["dora", "anna", "Bob"]),
        ("acme l", ["anna"]),
        (ACME, ["anna"]),
        # The user with this uid, then the one with this name.
        ("1", ["anna", "1"]),
        ("nobody", []),
        ("a\0", []),
        ("100%", []),
        ("9" * 30, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_one_text_finds_by_every_name(core: Core, people, search, usernames, limit):
    assert found(core, search, limit=limit) == usernames


def test_a_uuid_finds_its_user(core: Core, people):
    line = listings.user(core, people["dora"].id)
    assert found(core, f" {line.id.upper()} ") == ["dora"]
