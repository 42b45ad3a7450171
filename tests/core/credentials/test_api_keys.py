"""API keys: what they open, for how long, and how they are revoked."""

import base64

import pytest

from app.core import identities, sessions
from app.core.core import Core
from app.core.credentials import api_keys
from app.core.refusals import Refusal
from tests.conftest import START
from tests.core.credentials.conftest import reasons
from tests.factories import ORIGIN, Somebody, at_once, refuses
from tests.grants import LOGIN, Purpose


class TestApiKeys:
    def exchange(self, core: Core, user: Somebody, key: str | None = None) -> api_keys.Exchanged:
        return api_keys.exchange(core, LOGIN, user.username, key or user.api_key, ORIGIN)

    def test_a_key_is_sixteen_random_bytes_of_which_only_a_digest_is_kept(self, core, user, rows):
        assert len(base64.b64decode(user.api_key, validate=True)) == 16
        [row] = rows("SELECT digest, expires_at, revoked_at FROM api_keys")
        assert len(bytes(row.pop("digest"))) == 32
        assert row == {"expires_at": None, "revoked_at": None}

    def test_a_key_is_exchanged_for_a_token_of_twenty_seconds(self, core, user, clock, rows):
        issued = self.exchange(core, user)
        assert issued.expires_in == 20
        clock.advance(19)
        assert sessions.verify(core, issued.token, Purpose.LOGIN).username == user.username
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, issued.token)
        [row] = rows("SELECT dialect, api_key_id, expires_at, absolute_expires_at FROM sessions")
        [key] = rows("SELECT id FROM api_keys")
        assert row == {
            "dialect": "login",
            "api_key_id": key["id"],
            "expires_at": START + 20,
            "absolute_expires_at": START + 20,
        }

    def test_every_key_of_a_user_works_under_each_of_its_names(self, core: Core, user: Somebody):
        _, second = api_keys.issue(core, user.id, ORIGIN)
        for login in (user.username, user.email.upper()):
            for key in (user.api_key, second):
                assert api_keys.exchange(core, LOGIN, login, key, ORIGIN).token

    def test_unknown_logins_and_other_peoples_keys_are_the_same_refusal(
        self, core, user, identities, rows
    ):
        other = identities.add("Jane.Roe")
        for login, key in (
            ("nobody", user.api_key),
            (user.username, other.api_key),
            (user.username, user.api_key[:-1]),
            (user.username, user.api_key + "="),
            (user.username, ""),
        ):
            with refuses(Refusal.API_KEY_UNKNOWN):
                api_keys.exchange(core, LOGIN, login, key, ORIGIN)
        assert reasons(rows) == ["api_key_unknown"] * 5
        assert rows("SELECT failures FROM throttles") == [{"failures": 5}], "the address alone"
        assert rows("SELECT * FROM sessions") == []

    def test_a_revoked_key_is_told_from_an_unknown_one_and_its_sessions_end(self, core, user, rows):
        token = self.exchange(core, user).token
        _, second = api_keys.issue(core, user.id, ORIGIN)
        kept = self.exchange(core, user, second).token
        [first, _] = api_keys.listed(core, user.id, limit=9)
        api_keys.revoke(core, first.id, ORIGIN)
        with refuses(Refusal.API_KEY_REVOKED):
            self.exchange(core, user)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, token)
        assert sessions.verify(core, kept).username == user.username
        assert rows("SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL") == [
            {"end_reason": "credential_revoked"}
        ]
        with refuses(Refusal.NOT_FOUND):
            api_keys.revoke(core, first.id, ORIGIN)
        assert len(rows("SELECT id FROM audit_events WHERE event = 'api_key_revoked'")) == 1

    def test_a_key_expires_on_its_exact_second(self, core: Core, user: Somebody, clock):
        _, key = api_keys.issue(core, user.id, ORIGIN, expires_at=START + 100)
        clock.advance(99)
        assert self.exchange(core, user, key).token
        clock.advance(1)
        with refuses(Refusal.API_KEY_EXPIRED):
            self.exchange(core, user, key)

    def test_a_disabled_users_keys_open_nothing_until_it_is_enabled(self, core, user, rows):
        identities.disable(core, user.id, ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            self.exchange(core, user)
        identities.enable(core, user.id, ORIGIN)
        assert self.exchange(core, user).token
        assert reasons(rows) == ["account_disabled"]

    def test_a_key_revoked_while_it_is_exchanged_opens_nothing(self, core, user, monkeypatch, rows):
        """The row is read before the revocation, and the session would be opened after it."""
        read = core.store.first

        def overtaken(statement: object, **parameters: object):
            row = read(statement, **parameters)
            if statement is api_keys.BY_DIGEST:
                api_keys.revoke(core, row[0], ORIGIN)
            return row

        monkeypatch.setattr(core.store, "first", overtaken)
        with refuses(Refusal.API_KEY_REVOKED):
            self.exchange(core, user)
        assert rows("SELECT * FROM sessions WHERE ended_at IS NULL") == []
        assert reasons(rows) == ["api_key_revoked"]

    def test_exchanges_against_a_revocation_leave_nothing_alive(self, core, user, rows):
        for _ in range(5):
            key_id, key = api_keys.issue(core, user.id, ORIGIN)

            def act(index: int, key_id: int = key_id, key: str = key) -> object:
                if index == 0:
                    return api_keys.revoke(core, key_id, ORIGIN)
                return self.exchange(core, user, key)

            revoked, *exchanged = at_once(core, 6, act)
            assert revoked is None
            assert all(
                isinstance(each, api_keys.Exchanged) or each is Refusal.API_KEY_REVOKED
                for each in exchanged
            )
        assert rows("SELECT * FROM sessions WHERE ended_at IS NULL") == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("A" * 22 + "==", True), ("A" * 22, False), ("", False), ("A" * 24, False), ("é", False)],
    )
    def test_a_text_is_a_key_if_it_is_base64_of_sixteen_bytes(self, text: str, expected: bool):
        assert api_keys.is_key(text) is expected
