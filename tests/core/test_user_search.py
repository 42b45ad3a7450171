"""One text finds a user, and filters narrow the list, page by page."""

import pytest
from sqlalchemy import update

from app.core import identities as core_identities
from app.core import listings
from app.core.core import Core
from app.core.listings import UserState, scanning, user_search
from app.core.refusals import Refusal
from app.store.models import Customer, User
from tests.cases import each
from tests.factories import ORIGIN, Identities, refuses

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


@each(
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
@each("limit", [1, 2, 100])
def test_one_text_finds_by_every_name(core: Core, people, search, usernames, limit):
    assert found(core, search, limit=limit) == usernames


def test_a_uuid_finds_its_user(core: Core, people):
    line = listings.user(core, people["dora"].id)
    assert found(core, f" {line.id.upper()} ") == ["dora"]


def test_states_narrow_the_list_and_the_search(core: Core, people):
    core_identities.disable(core, people["Bob"].id, ORIGIN)
    core_identities.expire_password(core, people["Bob"].id, ORIGIN)
    core_identities.expire_password(core, people["anna"].id, ORIGIN)
    with core.store.write() as writing:
        foreign = update(User).where(User.username == "dora").values(password_hash="$2b$12$x")
        writing.execute(foreign)
    disabled, expired = UserState.DISABLED, UserState.PASSWORD_EXPIRED
    assert found(core, "", disabled) == ["Bob"]
    assert sorted(found(core, "", expired, limit=1)) == ["Bob", "anna"]
    assert found(core, "", disabled, expired) == ["Bob"]
    assert found(core, "", UserState.FOREIGN_HASH) == ["dora"]
    assert found(core, "", disabled, UserState.FOREIGN_HASH) == []
    assert found(core, "ac", expired) == ["anna", "Bob"]
    assert found(core, "ac", UserState.FOREIGN_HASH) == ["dora"]
    assert found(core, "1", expired) == ["anna"]
    assert [line.foreign_hash for line in listings.users(core, limit=9, search="dora").lines] == [
        True
    ]


def test_few_matches_among_many_are_found(core: Core, people, monkeypatch):
    monkeypatch.setattr(user_search, "SCATTERED_WINDOW", 1)
    monkeypatch.setattr(scanning, "FIRST_LOOK", 1)
    core_identities.disable(core, people["anna"].id, ORIGIN)
    for limit in (1, 100):
        assert found(core, "a", UserState.DISABLED, limit=limit) == ["anna"]
        assert found(core, "", UserState.DISABLED, UserState.PASSWORD_EXPIRED, limit=limit) == []


def test_a_search_that_has_many_customers_comes_in_parts(core: Core, people, monkeypatch):
    monkeypatch.setattr(user_search, "STAGES_AT_ONCE", 1)
    page = listings.users(core, limit=9, search="ac")
    assert ([line.username for line in page.lines], page.next) == (["dora"], f'["{ACME}"]')
    assert found(core, "ac") == ["dora", "anna", "Bob"]


@each(
    "after",
    [
        *("", "anna", "[]", "{}", "1", '["name", 1, 1]', '["nothing"]', '["name", "a"]', "[[]]"),
        # What no database can be asked for, and what Python does not read.
        *('["name", "a", 9223372036854775808]', '["name", "\\ud800", 1]', '["name", "\\u0000", 1]'),
        *("[" * 20_000, "9" * 5_000, f'["name", "a", {"9" * 5_000}]'),
    ],
)
def test_a_place_that_no_page_gave_is_refused(core: Core, people, after: str):
    with refuses(Refusal.NOT_FOUND):
        listings.users(core, limit=9, search="ac", after=after)
