"""One enabled admin is left at the console, also when two disable or demote each other at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, text

from app import create_app
from app.core import identities as core_identities
from app.core.core import Core
from app.core.identities import roles as core_roles
from app.core.refusals import Refusal
from tests.cases import each
from tests.factories import ORIGIN, Somebody, at_once, refuses
from tests.waiting import wait_until

ENABLED_ADMINS = (
    "SELECT id FROM users WHERE disabled_at IS NULL AND roles IN ('admin', 'admin support')"
)
WAITING = text(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def demote(core: Core, user: Somebody) -> bool:
    return core_identities.set_roles(
        core, user.id, frozenset({"support"}), ORIGIN, keep_an_admin=True
    )


def disable(core: Core, user: Somebody) -> bool:
    return core_identities.disable(core, user.id, ORIGIN, keep_an_admin=True)


@pytest.fixture(params=[demote, disable])
def take(request) -> Callable[[Core, Somebody], bool]:
    """What takes an admin away."""
    found: Callable[[Core, Somebody], bool] = request.param
    return found


@pytest.fixture
def two(identities) -> list[Somebody]:
    return [
        identities.add("nessa", roles=("admin", "support")),
        identities.add("second", roles=("admin",)),
    ]


@pytest.fixture
def other_core(settings, clock) -> Iterator[Core]:
    """Another process with connections of its own, as far as the database can tell."""
    core: Core = create_app(settings, clock).extensions["watchword"].core
    yield core
    core.close()


def test_of_two_the_first_may_go_and_the_last_may_not(core, two, take, rows):
    first, last = two
    assert take(core, first)
    before = rows("SELECT * FROM users"), rows("SELECT * FROM audit_events")
    with refuses(Refusal.LAST_ADMIN):
        take(core, last)
    assert (rows("SELECT * FROM users"), rows("SELECT * FROM audit_events")) == before


@each("roles", ["", "Admin", "administrator", "admin2 support", "super-admin"])
def test_no_other_word_is_an_admin(core, two, take, roles: str):
    last, second = two
    core_identities.set_roles(core, second.id, frozenset(roles.split()), ORIGIN)
    with refuses(Refusal.LAST_ADMIN):
        take(core, last)


def test_a_disabled_admin_is_none_that_is_left(core, two, take):
    core_identities.disable(core, two[0].id, ORIGIN)
    with refuses(Refusal.LAST_ADMIN):
        take(core, two[1])
    core_identities.enable(core, two[0].id, ORIGIN)
    assert take(core, two[1])


def test_who_is_no_enabled_admin_may_go_although_none_is_left(core, two, identities, take):
    """Nothing is lost with them."""
    somebody = identities.add("somebody", roles=("billing",))
    for user in two:
        core_identities.disable(core, user.id, ORIGIN)
    assert take(core, somebody)
    assert demote(core, two[1])


def test_the_last_admin_may_get_other_roles_beside_it(core, two):
    core_identities.disable(core, two[0].id, ORIGIN)
    roles = frozenset({"admin", "support"})
    assert core_identities.set_roles(core, two[1].id, roles, ORIGIN, keep_an_admin=True)


def test_the_command_may_take_the_last_one_and_is_the_way_back(core, two):
    for user in two:
        assert core_identities.set_roles(core, user.id, frozenset(), ORIGIN)
        assert core_identities.disable(core, user.id, ORIGIN)


@pytest.mark.parametrize("whose", ["each other", "themselves"])
def test_of_two_at_once_one_is_left(core, other_core, two, take, rows, whose):
    """Over two connections, and without a deadlock: both lock the admins in one order."""
    cores = (core, other_core)
    targets = two[::-1] if whose == "each other" else two
    for _ in range(5):
        done = at_once(core, 2, lambda index: take(cores[index], targets[index]))
        assert sorted(map(str, done)) == ["True", Refusal.LAST_ADMIN]
        assert len(rows(ENABLED_ADMINS)) == 1
        for user in two:
            core_identities.set_roles(core, user.id, frozenset({"admin"}), ORIGIN)
            core_identities.enable(core, user.id, ORIGIN)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "change", ["UPDATE users SET roles = 'support'", "UPDATE users SET disabled_at = 1"]
)
def test_what_another_connection_has_not_committed_yet_is_waited_for(
    core, engine: Engine, two, take, rows, change: str
):
    """Such as a command, which may take any admin away."""
    with ThreadPoolExecutor(1) as thread, engine.connect() as connection:
        if engine.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        connection.execute(text(f"{change} WHERE id = {two[0].id}"))
        taken = thread.submit(take, core, two[1])
        if engine.name == "postgresql":
            with engine.connect() as watching:
                wait_until(lambda: watching.execute(WAITING).first())
        connection.commit()
        with refuses(Refusal.LAST_ADMIN):
            taken.result()
    assert rows(ENABLED_ADMINS) == [{"id": two[1].id}]


def test_the_roles_in_use_are_found_one_set_after_another(core, identities):
    assert core_roles.in_use(core) == ["admin"]
    for number, roles in enumerate(["b a", "b", "", "a c d", "z"]):
        identities.add(f"user-{number}", roles=tuple(roles.split()))
    assert core_roles.in_use(core) == ["a", "admin", "b", "c", "d", "z"]
    assert core_identities.unheard_of(core, ["a", "z", "admin"]) is None
    assert core_identities.unheard_of(core, []) is None


def test_of_very_many_sets_of_roles_some_are_looked_at(core, identities, monkeypatch):
    monkeypatch.setattr(core_roles, "SETS_LOOKED_AT", 2)
    for name in "xyz":
        identities.add(f"user-{name}", roles=(name,))
    assert core_identities.unheard_of(core, ["z"]) == (
        "Nobody has the role z yet. In use: admin, x, y."
    )
