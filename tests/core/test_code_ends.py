"""An access code ends with the password under which it was made, and with the session that made it."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.core import identities, sessions
from app.core.core import Core
from app.core.credentials import access_codes
from app.core.credentials.access_codes import Issued, Maker
from app.core.refusals import Refusal
from app.core.sessions import introspection
from app.core.sessions.rows import Holder, Live
from app.core.upkeep import purge
from app.store.models import AccessCode, User
from tests import grants
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody, at_once, refuses
from tests.grants import AAA, CODES, Purpose

NEW = "an entirely new password"


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


@pytest.fixture
def session(core: Core, user: Somebody) -> Live:
    return log_in(core, user)


def proven(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, PASSWORD, ORIGIN)


def log_in(core: Core, user: Somebody) -> Live:
    return sessions.verify(core, grants.aaa_session(core, proven(core, user), ORIGIN))


def made_in(core: Core, row: Live, *, owner_id: int | None = None) -> Issued:
    maker = Maker(Holder(row.user_id, row.epoch), row.id)
    return access_codes.issue(core, CODES, owner_id or row.user_id, ORIGIN, maker=maker)


def opened(core: Core, issued: Issued) -> str:
    return access_codes.exchange(core, CODES, issued.code, ORIGIN).token


def assert_ended(core: Core, issued: Issued, token: str) -> None:
    with refuses(Refusal.CODE_REVOKED):
        opened(core, issued)
    with refuses(Refusal.SESSION_ENDED):
        sessions.verify(core, token)


def change(core: Core, user: Somebody) -> None:
    identities.change_password(core, user.id, PASSWORD, NEW, ORIGIN, keep=None)


def off_and_on(core: Core, user: Somebody) -> None:
    identities.disable(core, user.id, ORIGIN)
    identities.enable(core, user.id, ORIGIN)


class TestWithThePassword:
    @pytest.mark.parametrize(
        "act",
        [
            change,
            lambda core, user: identities.set_password(core, user.id, NEW, ORIGIN),
            off_and_on,
        ],
        ids=["change", "set-password", "disable and enable"],
    )
    def test_a_new_one_and_a_disabled_account_end_it_and_what_it_opened(
        self, core: Core, user, identities, rows, act
    ):
        other = identities.add("Jane.Roe")
        of_other = access_codes.issue(core, CODES, other.id, ORIGIN)
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        token = opened(core, issued)
        act(core, user)
        assert_ended(core, issued, token)
        assert [line.revoked_at for line in access_codes.listed(core, user.id, limit=9)] == [
            core.clock.now()
        ]
        [event] = rows(
            "SELECT reason, note, user_id FROM audit_events WHERE event = 'code_revoked'"
        )
        reason = "account_disabled" if act is off_and_on else "password_changed"
        assert event == {"reason": reason, "note": f"code {issued.id}", "user_id": user.id}
        assert opened(core, of_other)

    def test_who_holds_one_while_the_account_is_disabled_is_told_so(self, core: Core, user, clock):
        before = access_codes.issue(core, CODES, user.id, ORIGIN)
        access_codes.revoke(core, before.id, ORIGIN)
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        clock.advance(1)
        identities.disable(core, user.id, ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            opened(core, issued)
        with refuses(Refusal.CODE_REVOKED):
            opened(core, before)

    def test_one_that_must_be_changed_ends_none_until_it_is(self, core: Core, user):
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        identities.expire_password(core, user.id, ORIGIN)
        with refuses(Refusal.PASSWORD_EXPIRED):
            opened(core, issued)
        change(core, user)
        with refuses(Refusal.CODE_REVOKED):
            opened(core, issued)

    def test_the_token_that_changes_it_goes_on_though_its_code_does_not(self, core: Core, user):
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        asking, another = opened(core, issued), opened(core, issued)
        keep = sessions.verify(core, asking).id
        identities.change_password(core, user.id, PASSWORD, NEW, ORIGIN, keep=keep)
        assert sessions.verify(core, asking).id == keep
        assert_ended(core, issued, another)

    def test_none_is_made_under_one_that_was_replaced_meanwhile(self, core: Core, user, rows):
        maker = Maker(proven(core, user).holder)
        change(core, user)
        with refuses(Refusal.PASSWORD_WRONG):
            access_codes.issue(core, CODES, user.id, ORIGIN, maker=maker)
        assert rows("SELECT id FROM access_codes") == []

    def test_a_reset_while_codes_are_made_and_exchanged_leaves_none(self, core: Core, user, rows):
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        maker = Maker(proven(core, user).holder)

        def act(index: int) -> object:
            if index == 0:
                return identities.set_password(core, user.id, NEW, ORIGIN)
            if index % 2:
                return access_codes.issue(core, CODES, user.id, ORIGIN, maker=maker)
            return opened(core, issued)

        reset, *others = at_once(core, 7, act)
        assert reset is None
        assert rows("SELECT id FROM access_codes WHERE revoked_at IS NULL") == []
        for other in others:
            if isinstance(other, str) and "~" in other:
                with refuses(Refusal.SESSION_ENDED):
                    sessions.verify(core, other)

    def test_one_without_an_epoch_counts_until_the_next(self, core: Core, user):
        """The version before makes such codes while this one is rolled out."""
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        with core.store.write() as writing:
            writing.execute(update(AccessCode).values(epoch=None))
        token = opened(core, issued)
        change(core, user)
        assert_ended(core, issued, token)

    def test_one_of_another_epoch_opens_nothing_though_nobody_revoked_it(self, core: Core, user):
        """The version before renews an epoch without revoking codes."""
        issued = access_codes.issue(core, CODES, user.id, ORIGIN)
        with core.store.write() as writing:
            writing.execute(update(User).values(epoch=User.epoch + 1))
        with refuses(Refusal.CODE_REVOKED):
            opened(core, issued)


ENDS: dict[str, Callable[[Core, Live, str], object]] = {
    "logout": lambda core, row, _: sessions.end_row(core, row, ORIGIN),
    "revocation": lambda core, _, token: introspection.revoke(core, token, "gateway", ORIGIN),
    "end-sessions": lambda core, row, _: identities.end_sessions(core, row.user_id, ORIGIN),
}


class TestWithTheSessionItWasMadeIn:
    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
    def test_whoever_ends_that_ends_it_and_what_it_opened(self, core, user, session, rows, end):
        issued = made_in(core, session)
        token = opened(core, issued)
        npm = grants.npm_token_of_session(core, session).token
        in_another = made_in(core, log_in(core, user)) if end is not ENDS["end-sessions"] else None
        by_password = access_codes.issue(
            core,
            CODES,
            user.id,
            ORIGIN,
            maker=Maker(proven(core, user).holder),
        )
        end(core, session, npm)
        assert_ended(core, issued, token)
        assert opened(core, by_password)
        if in_another is not None:
            assert opened(core, in_another)
        [event] = rows("SELECT reason, note FROM audit_events WHERE event = 'code_revoked'")
        [ended] = rows(f"SELECT end_reason FROM sessions WHERE id = {session.id}")
        assert event == {"reason": ended["end_reason"], "note": f"code {issued.id}"}

    def test_an_admins_code_for_another_ends_with_the_admins_session(self, core, user, identities):
        admin = log_in(core, identities.add("root", roles=("admin",)))
        issued = made_in(core, admin, owner_id=user.id)
        own = access_codes.issue(core, CODES, user.id, ORIGIN)
        token, of_own = opened(core, issued), opened(core, own)
        sessions.end_row(core, admin, ORIGIN)
        assert_ended(core, issued, token)
        assert sessions.verify(core, of_own, Purpose.AAA_OAUTH)

    def test_one_that_only_times_out_leaves_it(self, core: Core, user, session, clock):
        issued = made_in(core, session)
        clock.advance(core.seconds(AAA.absolute))
        assert opened(core, issued)
        identities.end_sessions(core, user.id, ORIGIN)
        assert opened(core, issued), "the session was over before"
        clock.advance(core.policy.expired_retention_seconds)
        assert purge.purge(core)["sessions"] >= 1
        assert opened(core, issued)

    def test_none_is_made_in_one_that_ended_meanwhile(self, core: Core, session, rows):
        sessions.end_row(core, session, ORIGIN)
        with refuses(Refusal.COOKIE_INVALID):
            made_in(core, session)
        assert rows("SELECT id FROM access_codes") == []

    def test_a_logout_while_codes_are_made_and_exchanged_leaves_none(self, core, session, rows):
        issued = made_in(core, session)

        def act(index: int) -> object:
            if index == 0:
                return sessions.end_row(core, session, ORIGIN)
            return made_in(core, session) if index % 2 else opened(core, issued)

        ended, *others = at_once(core, 7, act)
        assert ended is None
        assert rows("SELECT id FROM access_codes WHERE revoked_at IS NULL") == []
        assert rows("SELECT id FROM sessions WHERE ended_at IS NULL") == []
        for other in others:
            allowed = (Refusal.COOKIE_INVALID, Refusal.CODE_REVOKED)
            assert isinstance(other, Issued) or other in allowed or "~" in other

    def test_ends_of_all_kinds_at_once_do_not_wait_for_each_other(self, core, user, rows):
        for _ in range(3):
            row = log_in(core, user)
            issued = made_in(core, row)
            opened(core, issued)

            def act(index: int, row: Live = row, issued: Issued = issued) -> object:
                acts = (
                    lambda: sessions.end_row(core, row, ORIGIN),
                    lambda: access_codes.revoke(core, issued.id, ORIGIN),
                    lambda: identities.end_sessions(core, user.id, ORIGIN),
                    lambda: identities.disable(core, user.id, ORIGIN),
                )
                return acts[index]()

            results = at_once(core, 4, act)
            assert results[1] in (None, Refusal.NOT_FOUND)
            assert rows("SELECT id FROM sessions WHERE ended_at IS NULL") == []
            assert rows("SELECT id FROM access_codes WHERE revoked_at IS NULL") == []
            identities.enable(core, user.id, ORIGIN)


def test_end_sessions_counts_what_it_leaves(core: Core, user, session, rows):
    made_in(core, session)
    kept = access_codes.issue(core, CODES, user.id, ORIGIN)
    gone = access_codes.issue(core, CODES, user.id, ORIGIN)
    access_codes.revoke(core, gone.id, ORIGIN)
    assert identities.end_sessions(core, user.id, ORIGIN) == (1, 1, 1, 1)
    assert opened(core, kept)
