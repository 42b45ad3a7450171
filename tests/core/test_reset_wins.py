"""An operator's change of a password wins over the user's own change or login at the same time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.core import identities, sessions
from app.core.core import Core
from app.core.refusals import Refusal, Refused
from app.core.upkeep import key_care
from tests import grants
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody, at_once, refuses

NEW = "a password of the user's own"
SET = "a password of the operator's"


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def prove(core: Core, user: Somebody, password: str) -> identities.Identity:
    return identities.prove(core, user.username, password, ORIGIN)


def change(core: Core, user: Somebody, keep: int | None = None) -> None:
    identities.change_password(core, user.id, PASSWORD, NEW, ORIGIN, keep=keep)


@contextmanager
def while_hashing(core: Core, monkeypatch, act: Callable[[], object]) -> Iterator[None]:
    """``act`` happens once, after a password was proven and before a new hash of it is written."""
    hash_ = core.passwords.hash

    def hashed(*arguments: object, **options: object) -> str:
        patch.undo()
        encoded = hash_(*arguments, **options)
        act()
        return encoded

    with monkeypatch.context() as patch:
        patch.setattr(core.passwords, "hash", hashed)
        yield
        assert core.passwords.hash == hash_, "it was under way"


ACTS = {
    "set-password": (
        lambda core, user: identities.set_password(core, user.id, SET, ORIGIN),
        Refusal.PASSWORD_WRONG,
    ),
    "disable": (
        lambda core, user: identities.disable(core, user.id, ORIGIN),
        Refusal.ACCOUNT_DISABLED,
    ),
    "expire-password": (
        lambda core, user: identities.expire_password(core, user.id, ORIGIN),
        Refusal.PASSWORD_EXPIRED,
    ),
}


@pytest.mark.parametrize(("act", "refusal"), ACTS.values(), ids=ACTS)
def test_an_operators_act_while_a_password_is_changed_stands(
    core: Core, user, rows, monkeypatch, act, refusal
):
    kept = grants.aaa_session(core, prove(core, user, PASSWORD), ORIGIN)
    [session] = rows("SELECT id FROM sessions")
    state = "SELECT password_hash, password_expired, epoch, disabled_at FROM users"
    after: list[dict[str, object]] = []

    def operator() -> None:
        act(core, user)
        after.extend(rows(state))

    with while_hashing(core, monkeypatch, operator), refuses(refusal):
        change(core, user, keep=session["id"])
    assert rows(state) == after
    assert rows("SELECT id FROM audit_events WHERE note IS NULL AND reason = :r", r=refusal)
    with refuses(Refusal.PASSWORD_WRONG):
        prove(core, user, NEW)
    if refusal is not Refusal.PASSWORD_EXPIRED:
        with pytest.raises(Refused):
            sessions.verify_restricted(core, kept)


def test_one_that_was_disabled_and_enabled_meanwhile_is_proven_no_longer(core, user, monkeypatch):
    def operator() -> None:
        identities.disable(core, user.id, ORIGIN)
        identities.enable(core, user.id, ORIGIN)

    with while_hashing(core, monkeypatch, operator), refuses(Refusal.PASSWORD_WRONG):
        change(core, user)
    assert prove(core, user, PASSWORD).id == user.id


def test_a_change_that_overtakes_another_wins(core: Core, user, monkeypatch):
    def faster() -> None:
        identities.change_password(core, user.id, PASSWORD, SET, ORIGIN, keep=None)

    with while_hashing(core, monkeypatch, faster), refuses(Refusal.PASSWORD_WRONG):
        change(core, user)
    assert prove(core, user, SET).id == user.id


def test_a_password_that_had_expired_before_it_was_proven_may_be_changed(core, user, monkeypatch):
    identities.expire_password(core, user.id, ORIGIN)

    def again() -> None:
        identities.expire_password(core, user.id, ORIGIN)

    with while_hashing(core, monkeypatch, again):
        change(core, user)
    assert prove(core, user, NEW).id == user.id


def test_changes_and_resets_let_loose_together_leave_the_operators_password(core, user, rows):
    for number in range(5):
        current, chosen = f"{PASSWORD} {number}", f"{SET} {number}"
        identities.set_password(core, user.id, current, ORIGIN)

        def act(index: int, current: str = current, chosen: str = chosen) -> None:
            if index == 0:
                identities.set_password(core, user.id, chosen, ORIGIN)
            else:
                identities.change_password(
                    core, user.id, current, f"{NEW} {index}", ORIGIN, keep=None
                )

        reset, *changes = at_once(core, 3, act)
        assert reset is None, "an operator's act is never refused"
        assert changes.count(None) <= 1
        assert set(changes) <= {None, Refusal.PASSWORD_WRONG}
        assert prove(core, user, chosen).id == user.id


def test_a_disabled_account_stays_so_whichever_way_a_change_went(core, user, rows):
    def act(index: int) -> object:
        return identities.disable(core, user.id, ORIGIN) if index == 0 else change(core, user)

    disabled, changed = at_once(core, 2, act)
    assert disabled is True
    assert changed in (None, Refusal.ACCOUNT_DISABLED)
    [row] = rows("SELECT disabled_at, epoch FROM users")
    assert row["disabled_at"] is not None
    assert row["epoch"] == (3 if changed is None else 2)


@pytest.mark.parametrize("act", [act for act, _ in ACTS.values()], ids=ACTS)
def test_a_login_that_hashes_the_password_anew_undoes_nothing(core, user, rows, monkeypatch, act):
    key_care.rotate(core, "pepper", ORIGIN)
    state = "SELECT password_expired, epoch, disabled_at FROM users"
    after: list[dict[str, object]] = []
    hashes: list[dict[str, object]] = []

    def operator() -> None:
        act(core, user)
        after.extend(rows(state))
        hashes.extend(rows("SELECT password_hash FROM users"))

    with while_hashing(core, monkeypatch, operator):
        prove(core, user, PASSWORD)
    assert rows(state) == after
    if act is ACTS["set-password"][0]:
        assert rows("SELECT password_hash FROM users") == hashes
        with refuses(Refusal.PASSWORD_WRONG):
            prove(core, user, PASSWORD)
